/** Rates and speeds grow with what is good, times shrink. */
export type Unit = '/s' | 'MB/s' | 'ms'

export interface Comparison {
  readonly name: string
  readonly unit: Unit
  /** Share of the bare server's speed to reach. */
  readonly goal?: number
  /** How each does the work once; resolves to what is measured. Who cannot do it is left out. */
  readonly by: Readonly<Record<string, () => Promise<number>>>
}

export interface Row extends Omit<Comparison, 'by'> {
  /** What was measured, by who did it, round by round. */
  readonly rounds: Readonly<Record<string, readonly number[]>>
}

/** Everybody in turn, round by round, after one time that does not count. */
export async function compare({ by, ...row }: Comparison, rounds: number): Promise<Row> {
  const measured: Record<string, number[]> = Object.fromEntries(Object.keys(by).map((who) => [who, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const [who, work] of Object.entries(by)) {
      const value = await work()
      if (round > 0) measured[who]?.push(value)
    }
  }
  return { ...row, rounds: measured }
}

/** How many times as fast one is as another: the median over the rounds, since both of a round meet the same noise. */
export function ratioOf({ rounds, unit }: Row, one: string, other: string): number | undefined {
  const [ones, others] = [rounds[one], rounds[other]]
  if (ones === undefined || others === undefined) return undefined
  return median(
    ones.map((value, round) => (unit === 'ms' ? (others[round] ?? 0) / value : value / (others[round] ?? 0))),
  )
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

export const CLOUDLET = 'Cloudlet'
export const BARE = 'bare node:http'

/** The value that this share of all values, in per cent, does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * share) / 100) - 1)] ?? Number.NaN
}

/** Cloudlet beside the others, as Markdown. A dash: this one cannot do it. */
export function comparedTable(rows: readonly Row[], missing: readonly string[]): string {
  const lines = rows.map((row) => {
    const { rounds, name, unit, goal } = row
    const cell = (who: string): string => {
      if (rounds[who] !== undefined) return rounded(median(rounds[who]))
      return missing.includes(who) ? 'not installed' : '–'
    }
    const ratio = ratioOf(row, CLOUDLET, BARE)?.toFixed(2) ?? '–'
    return [`${name}, ${unit}`, cell(CLOUDLET), cell(BARE), ratio, String(goal ?? '–'), cell('rclone'), cell('nginx')]
  })
  return markdown(['work', CLOUDLET, BARE, 'ratio', 'goal', 'rclone', 'nginx'], lines)
}

export function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'))
  return [head, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

export function rounded(value: number): string {
  return value >= 10 ? String(Math.round(value)) : value.toFixed(1)
}

export function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? 'unknown' : `${Math.round(bytes / 1e6)} MB`
}
