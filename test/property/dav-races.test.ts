import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { createDavApp, type DavApp, FILES, INSTALLATIONS, LOCKINFO, propfind, stopShared } from '../helpers/dav.ts'
import type { TestAnswer } from '../helpers/test-app.ts'
import type { Sender } from './dav-model/client.ts'
import { createSender, RUNS } from './dav-model/runs.ts'

// Each of these was looked at before the transaction once, or could be: two requests that agree before they act.

for (const { name, options, nodes } of INSTALLATIONS) {
  describe(`two requests that race on ${name} (bug class: check, then act)`, () => {
    let dav: DavApp
    let bases: string[] = []
    before(async () => {
      dav = await createDavApp(options)
      bases = nodes === 1 ? [dav.base] : [dav.base, await dav.anotherNode()]
    })
    after(async () => {
      await dav.close()
      await stopShared()
    })

    /** Plays the same race again and again, each time in a new home. */
    async function rounds(race: (sender: Sender, at: (path: string) => string) => Promise<void>): Promise<void> {
      for (let round = 0; round < RUNS; round++) {
        const sender = await createSender(dav, bases)
        await race(sender, (path) => `${FILES}/${sender.userId}${path}`)
      }
    }

    const statuses = (answers: readonly TestAnswer[]): number[] => answers.map(({ status }) => status).toSorted()
    const textAt = async (sender: Sender, path: string): Promise<string> => (await sender.send('GET', path)).text

    async function begin(sender: Sender, chunks: readonly string[]): Promise<string> {
      const folder = `/remote.php/dav/uploads/${sender.userId}/up`
      assert.equal((await sender.send('MKCOL', folder)).status, 201)
      for (const [index, chunk] of chunks.entries()) {
        assert.equal((await sender.send('PUT', `${folder}/${index}`, {}, chunk)).status, 201)
      }
      return folder
    }

    /** Its check makes the server read the chunks between looking and acting. */
    const md5 = (text: string): string => `MD5:${createHash('md5').update(text).digest('hex')}`

    test('an upload that must not overwrite, and a PUT to the same place', async () => {
      await rounds(async (sender, at) => {
        const folder = await begin(sender, ['up', 'load'])
        const headers = { destination: at('/f'), overwrite: 'F', 'oc-checksum': md5('upload') }
        const [finish, put] = await Promise.all([
          sender.send('MOVE', `${folder}/.file`, headers),
          sender.send('PUT', '/f', {}, 'put'),
        ])
        assert.ok(['201,204', '412,201'].includes(`${finish.status},${put.status}`), `${finish.status},${put.status}`)
        assert.equal(await textAt(sender, '/f'), 'put')
      })
    })

    test('the same MOVE of an upload twice: one file, one answer', async () => {
      await rounds(async (sender, at) => {
        const folder = await begin(sender, ['up', 'load'])
        const headers = { destination: at('/f'), 'oc-checksum': md5('upload'), 'oc-total-length': '6' }
        const answers = await Promise.all([1, 2, 3].map(() => sender.send('MOVE', `${folder}/.file`, headers)))
        assert.deepEqual(statuses(answers), [201, 201, 201])
        assert.equal(new Set(answers.map(({ headers: { etag } }) => etag)).size, 1)
        assert.equal(new Set(answers.map(({ headers: got }) => got['oc-fileid'])).size, 1)
        assert.equal(await textAt(sender, '/f'), 'upload')
      })
    })

    test('a MOVE of an upload again, after the file was changed: not the answer of before', async () => {
      await rounds(async (sender, at) => {
        const folder = await begin(sender, ['upload'])
        const headers = { destination: at('/f') }
        assert.equal((await sender.send('MOVE', `${folder}/.file`, headers)).status, 201)
        assert.equal((await sender.send('PUT', '/f', {}, 'newer')).status, 204)
        assert.equal((await sender.send('MOVE', `${folder}/.file`, headers)).status, 404)
        assert.equal(await textAt(sender, '/f'), 'newer')
      })
    })

    test('putting an upload together, and giving it up: its content is there or is not', async () => {
      await rounds(async (sender, at) => {
        const folder = await begin(sender, ['up', 'load'])
        const [finish, abort] = await Promise.all([
          sender.send('MOVE', `${folder}/.file`, { destination: at('/f'), 'oc-checksum': md5('upload') }),
          sender.send('DELETE', folder),
        ])
        assert.ok(
          ['201,404', '404,204'].includes(`${finish.status},${abort.status}`),
          `${finish.status},${abort.status}`,
        )
        sender.wait(2 * 3_600)
        await sender.sweep()
        const read = await sender.send('GET', '/f')
        assert.deepEqual([read.status, read.text === 'upload'], finish.status === 201 ? [200, true] : [404, false])
      })
    })

    test('putting an upload together, and a chunk once more: never a mix of what was and what is', async () => {
      await rounds(async (sender, at) => {
        const folder = await begin(sender, ['aa', 'bb'])
        const [finish, chunk] = await Promise.all([
          sender.send('MOVE', `${folder}/.file`, { destination: at('/f') }),
          sender.send('PUT', `${folder}/1`, {}, 'BBB'),
        ])
        assert.ok(
          ['201,404', '201,204'].includes(`${finish.status},${chunk.status}`),
          `${finish.status},${chunk.status}`,
        )
        assert.equal(await textAt(sender, '/f'), chunk.status === 204 ? 'aaBBB' : 'aabb')
      })
    })

    for (const [what, send] of [
      [
        'files',
        (sender: Sender, _folder: string, index: number) => sender.send('PUT', `/f${index}`, {}, 'x'.repeat(40)),
      ],
      [
        'chunks',
        (sender: Sender, folder: string, index: number) => sender.send('PUT', `${folder}/${index}`, {}, 'x'.repeat(40)),
      ],
      [
        'copies',
        (sender: Sender, _folder: string, index: number) =>
          sender.send('COPY', '/o', { destination: `${FILES}/${sender.userId}/c${index}` }),
      ],
    ] as const) {
      test(`${what} that together are too much (bug class: quota beaten by parallel requests)`, async () => {
        await rounds(async (sender) => {
          await sender.send('PUT', '/o', {}, 'x'.repeat(40))
          await sender.setQuota(175)
          const folder = await begin(sender, [])
          const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((index) => send(sender, folder, index)))
          assert.deepEqual(statuses(answers), [201, 201, 201, 507, 507, 507])
        })
      })
    }

    test('a checksum that is computed, and new content: it never stands beside what it is not of', async () => {
      await rounds(async (sender) => {
        await sender.send('PUT', '/f', {}, 'old'.repeat(20_000))
        const [patch, put] = await Promise.all([
          sender.send('PATCH', '/f', { 'x-recalculate-hash': 'md5' }),
          sender.send('PUT', '/f', {}, 'new'.repeat(20_000)),
        ])
        assert.ok(put.status === 204 && (patch.status === 204 || patch.status === 409), String(patch.status))
        const { text } = await sender.send('PROPFIND', '/f', { depth: '0' }, propfind('oc:checksums'))
        const sum = /<oc:checksum>([^<]+)</.exec(text)?.[1]
        if (sum !== undefined) assert.equal(sum, md5(await textAt(sender, '/f')))
      })
    })

    test('eight writers of whom one may: by If-None-Match, by If-Match, by MKCOL, by LOCK', async () => {
      await rounds(async (sender, at) => {
        const eight = (send: (index: number) => Promise<TestAnswer>): Promise<TestAnswer[]> =>
          Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(send))
        const fresh = await eight((index) => sender.send('PUT', '/f', { 'if-none-match': '*' }, `${index}`))
        assert.deepEqual(statuses(fresh), [201, ...Array(7).fill(412)])
        const etag = String(fresh.find(({ status }) => status === 201)?.headers['etag'])
        assert.deepEqual(statuses(await eight((index) => sender.send('PUT', '/f', { 'if-match': etag }, `${index}`))), [
          204,
          ...Array(7).fill(412),
        ])
        assert.deepEqual(statuses(await eight(() => sender.send('MKCOL', '/d'))), [201, ...Array(7).fill(405)])
        assert.deepEqual(
          statuses(await eight(() => sender.send('COPY', '/f', { destination: at('/g'), overwrite: 'F' }))),
          [201, ...Array(7).fill(412)],
        )
        assert.deepEqual(statuses(await eight(() => sender.send('LOCK', '/f', {}, LOCKINFO))), [
          200,
          ...Array(7).fill(423),
        ])
      })
    })

    test('two folders moved into each other: one goes, and neither is lost', async () => {
      await rounds(async (sender, at) => {
        for (const name of ['a', 'b']) {
          await sender.send('MKCOL', `/${name}`)
          await sender.send('PUT', `/${name}/file`, {}, name)
        }
        const moves = await Promise.all([
          sender.send('MOVE', '/a', { destination: at('/b/a') }),
          sender.send('MOVE', '/b', { destination: at('/a/b') }),
        ])
        assert.ok(['201,404', '201,409'].includes(statuses(moves).join()), statuses(moves).join())
        const { text } = await sender.send('PROPFIND', '/', { depth: 'infinity' }, propfind('d:getetag'))
        assert.equal(text.match(/\/file</g)?.length, 2)
      })
    })

    test('an account that is deleted while it uploads: the upload is not kept (bug class: access that lingers)', async () => {
      await rounds(async (sender) => {
        await sender.send('PUT', '/f', {}, 'x')
        const { accounts } = dav.app.features
        const removing = accounts.get(sender.userId).then((account) => accounts.remove(account, 'test'))
        const [, put, mkcol] = await Promise.all([
          removing,
          sender.send('PUT', '/g', {}, 'x'.repeat(200_000)),
          sender.send('MKCOL', '/d'),
        ])
        for (const { status } of [put, mkcol])
          assert.ok(status === 201 || status === 401 || status === 404, String(status))
        // Other nodes hear of it a moment later.
        let status = 200
        for (let turn = 0; turn < 400 && status !== 401; turn++) {
          status = (await sender.send('GET', '/f')).status
          if (status !== 401) await setTimeout(10)
        }
        assert.equal(status, 401)
      })
    })
  })
}
