import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import { createDavApp, type DavApp, INSTALLATIONS, stopShared, tokenOf } from '../helpers/dav.ts'
import { type Known, nothingKnown, perform } from './dav-model/client.ts'
import { compare, compareContents, look } from './dav-model/compare.ts'
import { BEGINNING, type Operation, operation } from './dav-model/operations.ts'
import { requestOf } from './dav-model/places.ts'
import { createSender, RUNS, SEED } from './dav-model/runs.ts'
import { createState, type State } from './dav-model/state.ts'
import { step } from './dav-model/step.ts'

const tally: Record<string, number> = {}

/** A series of requests of one client, each looked at against the model: status, tree, content, ids, etags, sizes. */
async function replay(dav: DavApp, operations: readonly Operation[]): Promise<void> {
  const sender = await createSender(dav)
  const known = nothingKnown()
  let state = createState(Math.floor(dav.app.clock.nowMs() / 1_000))
  await settle(state, known)
  for (const next of [...BEGINNING, ...operations]) {
    const request = requestOf(state, next)
    const answer = await perform(sender, state, known, request)
    const outcome = step(state, request)
    const statuses = [...outcome.statuses]
    assert.ok(outcome.statuses.has(answer.status), `${answer.status}, not ${statuses}: ${answer.text.slice(0, 400)}`)
    tally[`${next.kind} ${answer.status}`] = (tally[`${next.kind} ${answer.status}`] ?? 0) + 1
    if (outcome.content !== undefined) assert.equal(answer.text, outcome.content)
    if (outcome.lock !== undefined) known.tokens.set(outcome.lock, tokenOf(answer))
    state = outcome.state
    state.knownLocks = state.nextLock
    await settle(state, known)
  }

  async function settle(now: State, learned: Known): Promise<void> {
    compare(now, learned, await look(sender))
    await compareContents(sender, now, learned)
  }
}

for (const { name, options } of INSTALLATIONS) {
  describe(`requests one after the other on ${name}`, () => {
    after(stopShared)

    test('leave what the model says: status, tree, content, ids, etags, sizes, locks, quota', async (context) => {
      const dav = await createDavApp(options)
      try {
        context.diagnostic(`seed ${SEED}, ${RUNS} runs`)
        await fc.assert(
          fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 60, size: 'max' }), async (operations) =>
            replay(dav, operations),
          ),
          { numRuns: RUNS, seed: SEED, endOnFailure: false },
        )
      } finally {
        await dav.close()
        if (process.env['DAV_MODEL_TALLY']) context.diagnostic(JSON.stringify(tally))
      }
    })
  })
}
