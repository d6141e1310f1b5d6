import { type Client, sha256 } from './client.ts'
import { bytesOf } from './operations.ts'

/** What a client knows of one of its files or folders. */
export interface Known {
  /** Of the content; empty for a folder. */
  readonly sha256: string
  readonly size: number
  /** Of a file, as it was answered; undefined where nothing was. */
  readonly etag: string | undefined
  /** Of a file, as it was sent; undefined for a folder. */
  readonly mtime: string | undefined
  readonly color: string
  readonly isFavorite: boolean
}

/** All that one client has. */
export interface State {
  readonly tree: ReadonlyMap<string, Known>
  /** Sizes of the chunks of each upload. */
  readonly uploads: ReadonlyMap<string, Readonly<Record<string, number>>>
}

/** A request, and what the client will know when it was answered. */
export interface Step {
  readonly what: string
  send(): Promise<{ readonly status: number; readonly headers: Headers }>
  /** `etag` is that of the answer; undefined when there was none. */
  after(etag: string | undefined): State
}

export interface Stepping {
  readonly client: Client
  /** Folder that everything happens in. */
  readonly top: string
  readonly random: () => number
  /** A name that was never used before. */
  readonly newName: () => string
}

export const FOLDER: Known = { sha256: '', size: 0, etag: undefined, mtime: undefined, color: '', isFavorite: false }
const NAMES = ['a', 'b', 'c'] as const
const COLORS = ['red', 'green', 'blue'] as const
const SIZES = [0, 10, 3_000, 20_000, 150_000] as const
const FIRST_SECOND = 1_600_000_000

/** By path, whatever the order that it came in. */
export function inOrder<T>(entries: Iterable<readonly [string, T]>): Map<string, T> {
  return new Map([...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

const pick = <T>({ random }: Stepping, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
const isBelow = (path: string, above: string): boolean => path === above || path.startsWith(`${above}/`)
const withEntry = ({ tree }: State, path: string, changed: Partial<Known>): State['tree'] =>
  inOrder([...tree, [path, { ...(tree.get(path) ?? FOLDER), ...changed }]])

/** Something that must succeed, whatever there is. */
export function anyStep(stepping: Stepping, state: State): Step {
  const { top, random } = stepping
  const { tree } = state
  const isFolder = (path: string): boolean => tree.get(path)?.sha256 === ''
  const below = [...tree.keys()].filter((path) => path !== top)
  const folders = [...tree.keys()].filter((path) => isFolder(path) && path.split('/').length < 4)
  const place = `${pick(stepping, folders)}/${pick(stepping, NAMES)}`
  const chance = random()
  if (below.length < 2) return makeFolder(stepping, state, `${top}/${stepping.newName()}`)
  const any = pick(stepping, below)
  if (chance < 0.1) return tree.has(place) ? remove(stepping, state, place) : makeFolder(stepping, state, place)
  if (chance < 0.2) return remove(stepping, state, any)
  if (chance < 0.3) return patch(stepping, state, any)
  if (chance < 0.5 && !isBelow(place, any) && !isBelow(any, place)) {
    return relocate(stepping, state, random() < 0.5 ? 'MOVE' : 'COPY', any, place)
  }
  const target = isFolder(place) ? `${place}.bin` : place
  return chance < 0.75 ? upload(stepping, state, target) : put(stepping, state, target)
}

export function makeFolder({ client }: Stepping, state: State, path: string): Step {
  return {
    what: `MKCOL ${path}`,
    send: () => client.send('MKCOL', path),
    after: () => ({ ...state, tree: withEntry(state, path, FOLDER) }),
  }
}

function put(stepping: Stepping, state: State, path: string): Step {
  const body = bytesOf(pick(stepping, SIZES), stepping.newName())
  const second = FIRST_SECOND + Math.floor(stepping.random() * 1e8)
  const written = { sha256: sha256(body), size: body.length, mtime: new Date(second * 1_000).toUTCString() }
  return {
    what: `PUT ${path}`,
    send: () => stepping.client.send('PUT', path, { body, headers: { 'x-oc-mtime': String(second) } }),
    after: (etag) => ({ ...state, tree: withEntry(state, path, { ...written, etag }) }),
  }
}

function remove({ client }: Stepping, state: State, path: string): Step {
  return {
    what: `DELETE ${path}`,
    send: () => client.send('DELETE', path),
    after: () => ({ ...state, tree: inOrder([...state.tree].filter(([at]) => !isBelow(at, path))) }),
  }
}

function relocate({ client }: Stepping, state: State, method: 'MOVE' | 'COPY', from: string, to: string): Step {
  const isMove = method === 'MOVE'
  const stays = (at: string): boolean => !isBelow(at, to) && !(isMove && isBelow(at, from))
  const arrived = [...state.tree]
    .filter(([at]) => isBelow(at, from))
    // A favourite is the original, not its copy.
    .map(
      ([at, known]) => [`${to}${at.slice(from.length)}`, { ...known, isFavorite: isMove && known.isFavorite }] as const,
    )
  return {
    what: `${method} ${from} to ${to}`,
    send: () => client.send(method, from, { headers: { destination: client.address(to) } }),
    after: () => ({ ...state, tree: inOrder([...[...state.tree].filter(([at]) => stays(at)), ...arrived]) }),
  }
}

function patch(stepping: Stepping, state: State, path: string): Step {
  const color = pick(stepping, COLORS)
  const isFavorite = stepping.random() < 0.5
  const body = `<d:propertyupdate xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:x="urn:crash"><d:set><d:prop>
    <x:color>${color}</x:color><oc:favorite>${isFavorite ? 1 : 0}</oc:favorite></d:prop></d:set></d:propertyupdate>`
  return {
    what: `PROPPATCH ${path}`,
    send: () => stepping.client.send('PROPPATCH', path, { body }),
    after: () => ({ ...state, tree: withEntry(state, path, { color, isFavorite }) }),
  }
}

/** The next request of an upload: it is begun, gets two chunks, and becomes a file or is given up. */
function upload(stepping: Stepping, state: State, path: string): Step {
  const { client, random, newName } = stepping
  const { tree, uploads } = state
  const [name, chunks] = [...uploads][0] ?? []
  if (name === undefined || chunks === undefined) {
    const begun = newName()
    return {
      what: `MKCOL of upload ${begun}`,
      send: () => client.send('MKCOL', `uploads:${begun}`),
      after: () => ({ tree, uploads: new Map([[begun, {}]]) }),
    }
  }
  const number = Object.keys(chunks).length + 1
  if (number <= 2) {
    const body = chunkOf(name, number)
    return {
      what: `PUT of chunk ${number} of ${name}`,
      send: () => client.send('PUT', `uploads:${name}/${number}`, { body }),
      after: () => ({ tree, uploads: new Map([[name, { ...chunks, [number]: body.length }]]) }),
    }
  }
  if (random() < 0.2) {
    return {
      what: `DELETE of upload ${name}`,
      send: () => client.send('DELETE', `uploads:${name}`),
      after: () => ({ tree, uploads: new Map() }),
    }
  }
  const whole = Buffer.concat([chunkOf(name, 1), chunkOf(name, 2)])
  const headers = { destination: client.address(path), 'x-oc-mtime': String(FIRST_SECOND) }
  const mtime = new Date(FIRST_SECOND * 1_000).toUTCString()
  return {
    what: `MOVE of upload ${name} to ${path}`,
    send: () => client.send('MOVE', `uploads:${name}/.file`, { headers }),
    after: (etag) => ({
      uploads: new Map(),
      tree: withEntry(state, path, { sha256: sha256(whole), size: whole.length, etag, mtime }),
    }),
  }
}

const chunkOf = (upload: string, number: number): Buffer => bytesOf(40_000 * number, `${upload}/${number}`)
