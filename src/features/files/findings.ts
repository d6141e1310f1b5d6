export const PROBLEM_KINDS = [
  'database',
  'root',
  'cut-off',
  'misplaced',
  'name',
  'file-size',
  'folder-size',
  'missing-content',
  'damaged-content',
  'checksum',
  'unused-content',
  'unknown-content',
  'garbage-in-use',
  'upload',
  'lock',
] as const

export type ProblemKind = (typeof PROBLEM_KINDS)[number]

export interface Problem {
  readonly kind: ProblemKind
  /** For people, with the path where there is one. */
  readonly message: string
  readonly isRepaired: boolean
}

/** Sets one thing right. Resolves to whether it is right now. */
export type Repair = () => Promise<boolean>

/** More are counted and not kept. */
const MAX_LISTED = 10_000

/** What a check has found so far. */
export class Findings {
  readonly problems: Problem[] = []
  readonly counts = new Map<ProblemKind, number>()
  repaired = 0
  total = 0
  readonly #repairs: boolean

  constructor(repairs: boolean) {
    this.#repairs = repairs
  }

  async add(kind: ProblemKind, message: string, repair?: Repair): Promise<void> {
    const isRepaired = this.#repairs && repair !== undefined && (await repair())
    this.total += 1
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    if (isRepaired) this.repaired += 1
    if (this.problems.length < MAX_LISTED) this.problems.push({ kind, message, isRepaired })
  }
}
