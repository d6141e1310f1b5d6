import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { DatabaseKind } from '../../src/db/database.ts'
import { stopSharedPostgres } from '../helpers/postgres.ts'
import type { Answer, Client } from './client.ts'
import { createRandom } from './random.ts'
import { assertSwept, assertWhole, createScene, IS_LONG } from './scene.ts'

const ROUNDS = IS_LONG ? 40 : 4
const CLIENTS = 3
const SEED = Number(process.env['TEST_CRASH_SEED'] ?? 20_261_125)

const FILES_EACH = 40
const FOLDERS = 80
/** Of the large folder with all below it: above what is copied or deleted in one transaction. */
const MEMBERS = 1 + FOLDERS * (1 + FILES_EACH)

/** What one client has at its name. */
type Held = 'whole' | undefined

interface Step {
  readonly what: string
  readonly after: Held
  send(): Promise<Answer>
}

/** Trees so large that COPY and DELETE go on bit by bit, and the server is killed at some moment. */
export function crashWithLargeFolders(database: DatabaseKind): void {
  describe(`a server that is killed in the middle of large copies and deletions, on ${database}`, () => {
    after(stopSharedPostgres)
    test('shows all of a large folder or nothing, before and afterwards, and takes the rest away', async (t) => {
      const random = createRandom(SEED)
      const scene = await createScene(t, database)
      const client = scene.client()
      await scene.start()
      await makeLarge(client)
      await scene.stop()
      const held = Array.from({ length: CLIENTS }, (): Held => undefined)
      let answered = 0
      let unfinished = 0
      for (let round = 0; round < ROUNDS; round++) {
        const server = await scene.start()
        const open: (Step | undefined)[] = held.map(() => undefined)
        const work = async (number: number): Promise<void> => {
          for (;;) {
            const step = nextStep(client, `copy-${number}`, held[number], random())
            open[number] = step
            const answer = await step.send().catch(() => undefined)
            if (answer === undefined) return
            assert.ok(answer.status < 300, `${step.what}: ${answer.status} ${answer.bytes}`)
            answered += 1
            held[number] = step.after
          }
        }
        const working = Promise.all(held.map((_, number) => work(number)))
        await setTimeout(50 + random() * (database === 'postgres' ? 3_000 : 1_200))
        server.kill('SIGKILL')
        await working
        await scene.killed()
        await scene.start()
        for (const number of held.keys()) {
          const found = await look(client, `copy-${number}`)
          const step = open[number]
          assert.ok([held[number], step?.after].includes(found), `${step?.what}: ${held[number]} became ${found}`)
          held[number] = found
        }
        assert.equal(await countBelow(client, 'large'), MEMBERS)
        await assertWhole(scene)
        unfinished += await scene.beside(async ({ db }) => {
          const trees = await db.read.selectFrom('tree').select('id').where('owner_account_id', 'is', null).execute()
          return trees.length
        })
        await scene.stop()
      }
      await assertSwept(scene)
      await scene.beside(async ({ db }) => {
        const trees = await db.read.selectFrom('tree').select('id').where('owner_account_id', 'is', null).execute()
        assert.deepEqual(trees, [], 'nothing that nobody sees is left')
      })
      assert.ok(unfinished > 0, 'no crash fell into a copy or a deletion')
      t.diagnostic(`${ROUNDS} kills, ${answered} answered, ${unfinished} left unfinished; TEST_CRASH_SEED=${SEED}`)
    })
  })
}

async function makeLarge(client: Client): Promise<void> {
  const well = async (answer: Promise<Answer>): Promise<void> => {
    const { status, bytes } = await answer
    assert.ok(status < 300, `${status} ${bytes}`)
  }
  const copy = (from: string, to: string) =>
    well(client.send('COPY', from, { headers: { destination: client.address(to) } }))
  await well(client.send('MKCOL', 'large'))
  await well(client.send('MKCOL', 'large/0'))
  for (let index = 0; index < FILES_EACH; index++) {
    await well(client.send('PUT', `large/0/${index}`, { body: `content ${index}` }))
  }
  for (let index = 1; index < FOLDERS; index++) await copy('large/0', `large/${index}`)
}

function nextStep(client: Client, name: string, held: Held, chance: number): Step {
  const to = (path: string) => ({ headers: { destination: client.address(path) } })
  // Over what is there, too: then the old one goes.
  if (held === undefined || chance < 0.3) {
    return { what: `COPY to ${name}`, after: 'whole', send: () => client.send('COPY', 'large', to(name)) }
  }
  return { what: `DELETE ${name}`, after: undefined, send: () => client.send('DELETE', name) }
}

async function look(client: Client, name: string): Promise<Held> {
  const count = await countBelow(client, name)
  assert.ok(count === 0 || count === MEMBERS, `${name} has ${count} of ${MEMBERS}`)
  return count === 0 ? undefined : 'whole'
}

/** How much a client sees at and below a path. */
async function countBelow(client: Client, path: string): Promise<number> {
  const body = '<d:propfind xmlns:d="DAV:"><d:prop><d:getetag/></d:prop></d:propfind>'
  const { status, bytes } = await client.send('PROPFIND', path, { headers: { depth: 'infinity' }, body })
  if (status === 404) return 0
  assert.equal(status, 207, String(bytes).slice(0, 300))
  return String(bytes).split('<d:response>').length - 1
}
