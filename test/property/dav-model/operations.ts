import fc from 'fast-check'

/** Names below a home. In place of the first, `#2` stands for the path of the third thing that is there. */
export type Path = readonly string[]

/** Which state of a file a condition names. */
export type ConditionKind = 'current' | 'stale' | 'any'

export interface Condition {
  readonly header: 'if-match' | 'if-none-match' | 'if'
  readonly kind: ConditionKind
}

/** What every change may bring along. */
interface Common {
  /** Whether the tokens of all locks that are known are sent. */
  readonly tokens: boolean
  readonly condition?: Condition | undefined
}

export interface Put extends Common {
  readonly kind: 'put'
  readonly path: Path
  readonly content: string
  readonly autoMkcol: boolean
  readonly mtimeS?: number | undefined
  readonly total?: 'right' | 'wrong' | undefined
  readonly checksum?: 'right' | 'wrong' | undefined
}

export interface MakeOrRemove extends Common {
  readonly kind: 'mkcol' | 'delete'
  readonly path: Path
}

export interface Relocate extends Common {
  readonly kind: 'copy' | 'move'
  readonly path: Path
  readonly to: Path
  readonly overwrite?: 'T' | 'F' | undefined
  readonly depth?: '0' | 'infinity' | undefined
}

export interface Proppatch extends Common {
  readonly kind: 'proppatch'
  readonly path: Path
  readonly favorite?: boolean | undefined
  /** A value of null removes. */
  readonly dead?: { readonly name: 'one' | 'two'; readonly value: string | null } | undefined
  readonly mtimeS?: number | undefined
  readonly isProtected: boolean
}

export interface TakeLock extends Common {
  readonly kind: 'lock'
  readonly path: Path
  readonly scope: 'exclusive' | 'shared'
  readonly depth: '0' | 'infinity'
  readonly timeoutS: number
}

/** The lock is one of those that live; without a path it is named by its own address. */
export interface UseLock {
  readonly kind: 'refresh' | 'unlock'
  readonly lock: number
  readonly path?: Path | undefined
}

export interface StartOrAbort {
  readonly kind: 'start' | 'abort'
  readonly upload: number
}

export interface Chunk {
  readonly kind: 'chunk'
  readonly upload: number
  readonly name: string
  readonly content: string
}

export interface Finish extends Common {
  readonly kind: 'finish'
  /** What the client thinks that its chunks are together. */
  readonly believed?: string
  readonly upload: number
  readonly to: Path
  readonly overwrite?: 'T' | 'F' | undefined
  readonly total?: 'right' | 'wrong' | undefined
  readonly checksum?: 'right' | 'wrong' | undefined
}

export interface MakeLink {
  readonly kind: 'link'
  readonly link: number
  readonly path: Path
  readonly seconds: number
}

export interface OpenLink {
  readonly kind: 'open'
  readonly link: number
}

export interface Get {
  readonly kind: 'get'
  readonly path: Path
  readonly start?: number | undefined
  readonly condition?: Condition | undefined
}

export interface SetQuota {
  readonly kind: 'quota'
  readonly bytes: number | undefined
}

export interface Wait {
  readonly kind: 'wait'
  readonly seconds: number
}

export interface Sweep {
  readonly kind: 'sweep'
}

export type Operation =
  | Put
  | MakeOrRemove
  | Relocate
  | Proppatch
  | TakeLock
  | UseLock
  | StartOrAbort
  | Chunk
  | Finish
  | MakeLink
  | OpenLink
  | Get
  | SetQuota
  | Wait
  | Sweep

/** The same name in two spellings, a capital letter, and a name that nothing new may have. */
const names = ['a', 'b', 'A', '\u00e4', 'a\u0308', 'c.part']
const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b') },
  { weight: 1, arbitrary: fc.constantFrom(...names) },
)
const existing = fc.nat({ max: 12 }).map((index) => `#${index}`)
const path: fc.Arbitrary<Path> = fc.oneof(
  { weight: 1, arbitrary: fc.constant([]) },
  { weight: 6, arbitrary: fc.array(name, { minLength: 1, maxLength: 3 }) },
  { weight: 8, arbitrary: existing.map((place) => [place]) },
  { weight: 4, arbitrary: fc.tuple(existing, name) },
)
/** Small ones are kept in rows, large ones as blobs. */
const content = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(0, 1, 7, 20) },
      { weight: 1, arbitrary: fc.constantFrom(16 * 1024, 17_000, 40_000) },
    ),
    fc.constantFrom(...'uvwxyz'),
  )
  .map(([size, letter]) => letter.repeat(size))
/** One in so many has it. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>, oneIn = 4): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
const mtimeS = fc.integer({ min: 1_000_000, max: 2_000_000_000 })
const condition = maybe(
  fc.record({
    header: fc.constantFrom('if-match', 'if-none-match', 'if'),
    kind: fc.constantFrom('current', 'current', 'stale', 'any'),
  } satisfies Record<keyof Condition, unknown>) as fc.Arbitrary<Condition>,
  6,
)
const common = { tokens: fc.boolean(), condition }
const overwrite = maybe(fc.constantFrom('T' as const, 'F' as const), 2)
const check = maybe(fc.constantFrom('right' as const, 'right' as const, 'wrong' as const), 8)
const small = fc.constantFrom(0, 0, 1)

const put = fc.record({
  kind: fc.constant('put' as const),
  path,
  content,
  autoMkcol: fc.boolean(),
  mtimeS: maybe(mtimeS, 3),
  total: check,
  checksum: check,
  ...common,
})
const makeOrRemove = (kind: 'mkcol' | 'delete') => fc.record({ kind: fc.constant(kind), path, ...common })
const relocate = fc.record({
  kind: fc.constantFrom('copy' as const, 'move' as const),
  path,
  to: path,
  overwrite,
  depth: maybe(fc.constantFrom('0' as const, 'infinity' as const), 3),
  ...common,
})
const proppatch = fc.record({
  kind: fc.constant('proppatch' as const),
  path,
  favorite: maybe(fc.boolean(), 2),
  dead: maybe(
    fc.record({
      name: fc.constantFrom('one' as const, 'two' as const),
      value: fc.option(fc.constantFrom('1', 'ü & <', '')),
    }),
    2,
  ),
  mtimeS: maybe(mtimeS, 4),
  isProtected: fc.integer({ min: 0, max: 7 }).map((roll) => roll === 0),
  ...common,
})
const lock = fc.record({
  kind: fc.constant('lock' as const),
  path,
  scope: fc.constantFrom('exclusive' as const, 'shared' as const),
  depth: fc.constantFrom('0' as const, 'infinity' as const),
  timeoutS: fc.constantFrom(60, 3_600),
  ...common,
})
const holdOrRelease = fc.record({
  kind: fc.constantFrom('refresh' as const, 'unlock' as const),
  lock: fc.constantFrom(0, 0, 1, 2),
  path: maybe(path, 4),
})
const start = fc.record({ kind: fc.constant('start' as const), upload: small })
const abort = fc.record({ kind: fc.constant('abort' as const), upload: small })
const chunk = fc.record({
  kind: fc.constant('chunk' as const),
  upload: small,
  name: fc.constantFrom('1', '2', '00003', '10'),
  content,
})
const finish = fc.record({
  kind: fc.constant('finish' as const),
  upload: small,
  to: path,
  overwrite,
  total: check,
  checksum: check,
  ...common,
})
const link = fc.record({ kind: fc.constant('link' as const), link: small, path, seconds: fc.constantFrom(10, 5_000) })
const open = fc.record({ kind: fc.constant('open' as const), link: small })
const get = fc.record({
  kind: fc.constant('get' as const),
  path,
  start: maybe(fc.nat({ max: 30 }), 2),
  condition,
})
const quota = fc.record({
  kind: fc.constant('quota' as const),
  bytes: fc.constantFrom(undefined, undefined, undefined, 0, 20, 100, 17_100, 60_000),
})
const wait = fc.record({
  kind: fc.constant('wait' as const),
  seconds: fc.constantFrom(1, 1, 100, 100, 10_000, 200_000),
})
const sweep = fc.record({ kind: fc.constant('sweep' as const) })

/** Changes of the tree itself: what clients do at the same time. */
export const treeOperation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 8, arbitrary: put },
  { weight: 6, arbitrary: makeOrRemove('mkcol') },
  { weight: 3, arbitrary: makeOrRemove('delete') },
  { weight: 8, arbitrary: relocate },
  { weight: 2, arbitrary: proppatch },
  { weight: 2, arbitrary: lock },
  { weight: 1, arbitrary: start },
  { weight: 2, arbitrary: chunk },
  { weight: 2, arbitrary: finish },
  { weight: 1, arbitrary: abort },
)

export const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 30, arbitrary: treeOperation },
  { weight: 3, arbitrary: holdOrRelease },
  { weight: 1, arbitrary: link },
  { weight: 1, arbitrary: open },
  { weight: 2, arbitrary: get },
  { weight: 2, arbitrary: quota },
  { weight: 1, arbitrary: wait },
  { weight: 1, arbitrary: sweep },
)

const plain = { tokens: false, autoMkcol: false }

/** What every series begins with, so that there is something to work on. */
export const BEGINNING: readonly Operation[] = [
  { kind: 'mkcol', path: ['a'], ...plain },
  { kind: 'mkcol', path: ['a', 'b'], ...plain },
  { kind: 'put', path: ['a', 'b', 'a'], content: 'deep', ...plain },
  { kind: 'put', path: ['a', 'a'], content: 'inside', ...plain },
  { kind: 'mkcol', path: ['A'], ...plain },
  { kind: 'put', path: ['b'], content: 'x'.repeat(20_000), ...plain },
  { kind: 'start', upload: 0 },
  { kind: 'chunk', upload: 0, name: '2', content: 'second' },
]
