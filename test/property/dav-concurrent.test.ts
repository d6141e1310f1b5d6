import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import { createDavApp, type DavApp, INSTALLATIONS, stopShared, tokenOf } from '../helpers/dav.ts'
import type { TestAnswer } from '../helpers/test-app.ts'
import { type Known, nothingKnown, perform } from './dav-model/client.ts'
import { compare, compareContents, look, type Seen } from './dav-model/compare.ts'
import { BEGINNING, type Operation, treeOperation } from './dav-model/operations.ts'
import type { Request } from './dav-model/outcome.ts'
import { requestOf } from './dav-model/places.ts'
import { createSender, RUNS, SEED } from './dav-model/runs.ts'
import { createState, type State } from './dav-model/state.ts'
import { step } from './dav-model/step.ts'

interface Answered {
  readonly request: Request
  readonly answer: TestAnswer
}

interface Explained {
  readonly state: State
  readonly known: Known
}

/** Every state that some order of the requests ends in, such that each gets the answer that it got. */
function* orders(state: State, known: Known, open: readonly Answered[]): Generator<Explained> {
  if (open.length === 0) yield { state, known }
  for (const next of open) {
    const outcome = step(state, next.request)
    if (!outcome.statuses.has(next.answer.status)) continue
    const learned = outcome.lock === undefined ? known : withToken(known, outcome.lock, tokenOf(next.answer))
    yield* orders(
      outcome.state,
      learned,
      open.filter((other) => other !== next),
    )
  }
}

function withToken(known: Known, lock: number, token: string): Known {
  return { ...known, tokens: new Map(known.tokens).set(lock, token) }
}

/** The first order whose end is what is seen. Throws what was wrong with the last one. */
function explain(state: State, known: Known, answered: readonly Answered[], seen: readonly Seen[]): Explained {
  let reason: unknown
  for (const end of orders(state, known, answered)) {
    const learned = structuredClone(end.known)
    try {
      compare(end.state, learned, seen)
      return { state: end.state, known: learned }
    } catch (error) {
      reason = error
    }
  }
  const told = answered.map(({ request, answer }) => `${JSON.stringify(request.operation)} ${answer.status}`)
  throw new Error(`No order of these explains the answers and what is there now:\n${told.join('\n')}`, {
    cause: reason,
  })
}

/** Groups of requests; those of a group are under way at the same time, from node to node. */
async function replay(dav: DavApp, bases: readonly string[], groups: readonly (readonly Operation[])[]): Promise<void> {
  const sender = await createSender(dav, bases)
  let state = createState(Math.floor(dav.app.clock.nowMs() / 1_000))
  let known = nothingKnown()
  const quota: Operation = { kind: 'quota', bytes: 60_000 }
  for (const group of [[quota], ...BEGINNING.map((operation) => [operation]), ...groups]) {
    const requests = group.map((operation) => requestOf(state, operation))
    const answered = await Promise.all(
      requests.map(async (request) => ({ request, answer: await perform(sender, state, known, request) })),
    )
    const explained = explain(state, known, answered, await look(sender))
    state = explained.state
    known = explained.known
    state.knownLocks = state.nextLock
    await compareContents(sender, state, known)
  }
}

const groups = fc.array(fc.array(treeOperation, { minLength: 2, maxLength: 5 }), {
  minLength: 1,
  maxLength: 12,
  size: 'max',
})

for (const { name, options, nodes } of INSTALLATIONS) {
  describe(`requests at the same time on ${name}`, () => {
    after(stopShared)

    test('are answered, and leave things, as if they had come one after the other', async (context) => {
      const dav = await createDavApp(options)
      try {
        const bases = nodes === 1 ? [dav.base] : [dav.base, await dav.anotherNode()]
        context.diagnostic(`seed ${SEED}, ${RUNS} runs, ${bases.length} nodes`)
        await fc.assert(
          fc.asyncProperty(groups, (given) => replay(dav, bases, given)),
          { numRuns: RUNS, seed: SEED },
        )
      } finally {
        await dav.close()
      }
    })
  })
}
