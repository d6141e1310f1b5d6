import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { sql } from 'kysely'
import { createDavApp, type DavApp, FILES, INSTALLATIONS, propfind, stopShared } from '../helpers/dav.ts'
import type { TestAnswer } from '../helpers/test-app.ts'
import type { Sender } from './dav-model/client.ts'
import { createSender, RUNS, SEED } from './dav-model/runs.ts'
import { signed, signerOf } from './dav-model/signed.ts'

const CLIENTS = 6
const QUOTA_BYTES = 1_500_000
const SHARED = ['s', 's/a', 's/b', 's/d', 's/d/a', 't']
const SIZES = [150, 2_000, 30_000, 200_000]

/** The same numbers for the same seed (mulberry32). */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

class Client {
  readonly #sender: Sender
  readonly #name: string
  readonly #random: (below: number) => number
  /** What this client alone writes, as it was last acknowledged. */
  readonly own = new Map<string, Buffer>()
  #count = 0

  constructor(sender: Sender, name: string, random: (below: number) => number) {
    this.#sender = sender
    this.#name = name
    this.#random = random
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#random(choices.length)] as T
  }

  #content(): Buffer {
    return signed(this.#name, this.#count++, this.#pick(SIZES))
  }

  async #rootEtag(): Promise<string> {
    const { text } = await this.#sender.send(
      'PROPFIND',
      '/',
      { depth: '0' },
      propfind('d:getetag', 'd:quota-used-bytes'),
    )
    const used = Number(/<d:quota-used-bytes>(\d+)</.exec(text)?.[1])
    assert.ok(used <= QUOTA_BYTES, `${used} bytes of ${QUOTA_BYTES}`)
    return /<d:getetag>([^<]+)</.exec(text)?.[1] ?? ''
  }

  /** A change; when it is acknowledged the etag of the home is another one. */
  async #change(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: Buffer,
  ): Promise<TestAnswer> {
    const before = await this.#rootEtag()
    const answer = await this.#sender.send(method, path, headers, body)
    assert.ok(answer.status < 500 || answer.status === 507, `${method} ${path}: ${answer.status} ${answer.text}`)
    if (answer.status < 300 && path.startsWith('/remote.php') === false) assert.notEqual(await this.#rootEtag(), before)
    return answer
  }

  async #read(path: string): Promise<void> {
    const { status, bytes } = await this.#sender.send('GET', `/${path}`)
    assert.ok(status === 200 || status === 404, `GET ${path}: ${status}`)
    if (status === 200 && !Buffer.from(bytes).toString().startsWith('This is the WebDAV')) signerOf(bytes)
  }

  async #writeOwn(): Promise<void> {
    const path = `own-${this.#name}/${this.#random(3)}`
    if (this.own.has(path) && this.#random(4) === 0) {
      const { status } = await this.#change('DELETE', `/${path}`)
      assert.equal(status, 204)
      this.own.delete(path)
      return
    }
    const content = this.#content()
    const { status } = await this.#change('PUT', `/${path}`, { 'x-nc-webdav-auto-mkcol': '1' }, content)
    if (status < 300) this.own.set(path, content)
  }

  async #upload(target: string): Promise<void> {
    const folder = `/remote.php/dav/uploads/${this.#sender.userId}/${this.#name}-${this.#count}`
    const content = this.#content()
    const middle = this.#random(content.length)
    await this.#change('MKCOL', folder)
    await Promise.all([
      this.#change('PUT', `${folder}/2`, {}, content.subarray(middle)),
      this.#change('PUT', `${folder}/1`, {}, content.subarray(0, middle)),
    ])
    const destination = `${FILES}/${this.#sender.userId}/${target}`
    const headers = { destination, 'oc-total-length': String(content.length) }
    await Promise.all([
      this.#change('MOVE', `${folder}/.file`, headers),
      this.#random(3) === 0 ? this.#change('DELETE', folder) : this.#change('MOVE', `${folder}/.file`, headers),
    ])
    await this.#change('DELETE', folder)
  }

  async act(): Promise<void> {
    const path = this.#pick(SHARED)
    const destination = `${FILES}/${this.#sender.userId}/${this.#pick(SHARED)}`
    switch (this.#random(10)) {
      case 0:
      case 1:
        return this.#writeOwn()
      case 2:
        await this.#change('MKCOL', `/${path}`)
        return
      case 3:
        await this.#change('DELETE', `/${path}`)
        return
      case 4:
        await this.#change('MOVE', `/${path}`, { destination })
        return
      case 5:
        await this.#change('COPY', `/${path}`, { destination, overwrite: this.#pick(['T', 'F']) })
        return
      case 6:
        return this.#upload(path)
      case 7:
        return this.#read(path)
      default:
        await this.#change('PUT', `/${path}`, { 'x-nc-webdav-auto-mkcol': '1' }, this.#content())
    }
  }

  async check(): Promise<void> {
    for (const [path, content] of this.own) {
      const { status, bytes } = await this.#sender.send('GET', `/${path}`)
      assert.deepEqual([path, status, Buffer.from(bytes).equals(content)], [path, 200, true])
    }
  }
}

/** What must be true of every tree at any moment; as the command of the same name looks at it. */
async function check(dav: DavApp): Promise<void> {
  const command = dav.app.features.list
    .flatMap((feature) => feature.commands ?? [])
    .find(({ name }) => name === 'files:check')
  let problems: unknown
  const out = {
    result: (data: { problems: unknown }) => {
      problems = data.problems
    },
  }
  await command
    ?.run({ positionals: [], options: { content: true } } as never, out as never, {} as never)
    .catch(() => {})
  assert.deepEqual(problems, [])
  const { rows } = await sql`select key from blob_garbage where key in (select key from blob where key is not null)
    or key in (select key from blob_part) or key in (select key from upload_chunk)`.execute(dav.app.db.read)
  assert.deepEqual(rows, [], 'what is in use is not swept')
}

async function listFiles(sender: Sender): Promise<{ path: string; sizeBytes: number }[]> {
  const { text } = await sender.send('PROPFIND', '/', { depth: 'infinity' }, propfind('d:getcontentlength'))
  const found = text.matchAll(/<d:href>[^<]*\/user-\d+([^<]*)<\/d:href><d:propstat><d:prop><d:getcontentlength>(\d+)</g)
  return [...found].map(([, path = '', size]) => ({ path, sizeBytes: Number(size) }))
}

for (const { name, options, nodes } of INSTALLATIONS) {
  describe(`many clients of one account on ${name}`, () => {
    after(stopShared)

    test('lose nothing that was acknowledged, mix nothing, and stay below the quota', async (context) => {
      const dav = await createDavApp(options)
      try {
        const bases = nodes === 1 ? [dav.base] : [dav.base, await dav.anotherNode()]
        const sender = await createSender(dav, bases)
        await sender.setQuota(QUOTA_BYTES)
        const clients = Array.from(
          { length: CLIENTS },
          (_, index) => new Client(sender, `client${index}`, createRandom(SEED + index)),
        )
        context.diagnostic(`seed ${SEED}, ${CLIENTS} clients, ${RUNS * 5} requests each, ${bases.length} nodes`)
        await Promise.all(
          clients.map(async (client) => {
            for (let turn = 0; turn < RUNS * 5; turn++) await client.act()
          }),
        )
        for (const client of clients) await client.check()
        await check(dav)
        const files = await listFiles(sender)
        for (const { path, sizeBytes } of files) {
          const { status, bytes } = await sender.send('GET', path)
          assert.deepEqual([path, status, bytes.length], [path, 200, sizeBytes])
          signerOf(bytes)
        }
        const home = await sender.send('PROPFIND', '/', { depth: '0' }, propfind('d:quota-used-bytes'))
        const used = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
        assert.match(home.text, new RegExp(`<d:quota-used-bytes>${used}<`))
      } finally {
        await dav.close()
      }
    })
  })
}
