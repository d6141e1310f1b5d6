import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { anyStep, FOLDER, inOrder, type Known, makeFolder, type State, type Step, type Stepping } from './busy-steps.ts'

/** One client in a folder of its own, which does one thing after the other until nobody answers any more. */
export interface BusyClient {
  /** Changes things until a request fails; resolves to how many were answered. */
  work(): Promise<number>
  /** What was answered is there; what was not is there wholly or not at all. */
  assertKept(): Promise<void>
}

export function createBusyClient({ client, top, random }: Omit<Stepping, 'newName'>): BusyClient {
  let count = 0
  const stepping = { client, top, random, newName: () => `${top}-${count++}` }
  let state: State = { tree: new Map(), uploads: new Map() }
  let open: Step | undefined
  return {
    async work() {
      for (let answered = 0; ; answered++) {
        open = state.tree.size === 0 ? makeFolder(stepping, state, top) : anyStep(stepping, state)
        const answer = await open.send().catch((error: unknown) => {
          // Nobody is there any more. Anything else is a mistake.
          assert.ok(error instanceof TypeError, String(error))
        })
        if (answer === undefined) return answered
        assert.ok(answer.status < 300, `${open.what}: ${answer.status}`)
        state = open.after(answer.headers.get('etag') ?? undefined)
        open = undefined
      }
    },
    async assertKept() {
      const possible = open === undefined ? [state] : [state, open.after(undefined)]
      const found = await look(stepping, possible)
      if (!possible.some((one) => isDeepStrictEqual(asFarAsKnown(found, one), one))) {
        assert.deepEqual(asFarAsKnown(found, state), state, `${top}: neither as before nor as after ${open?.what}`)
      }
      state = found
      open = undefined
    },
  }
}

/** What was found, without what the client could not know. */
function asFarAsKnown({ tree, uploads }: State, known: State): State {
  const entries = [...tree].map(([path, entry]): [string, Known] => {
    const { etag, mtime } = known.tree.get(path) ?? FOLDER
    return [path, { ...entry, ...(etag === undefined ? { etag } : {}), ...(mtime === undefined ? { mtime } : {}) }]
  })
  return { tree: new Map(entries), uploads }
}

async function look({ client, top }: Stepping, possible: readonly State[]): Promise<State> {
  const tree = new Map<string, Known>()
  for (const [path, entry] of await client.snapshot(top)) {
    if (path !== top && !path.startsWith(`${top}/`)) continue
    const { isFolder, sha256, size, etag, mtime, color, isFavorite, locks } = entry
    assert.deepEqual(locks, [], path)
    const ofFile = isFolder ? { size: 0, etag: undefined, mtime: undefined } : { size, etag, mtime }
    tree.set(path, { sha256, ...ofFile, color, isFavorite })
  }
  const uploads = new Map<string, Record<string, number>>()
  for (const name of new Set(possible.flatMap((one) => [...one.uploads.keys()]))) {
    const chunks = await client.chunks(name)
    if (chunks !== undefined) uploads.set(name, chunks)
  }
  return { tree: inOrder(tree), uploads }
}
