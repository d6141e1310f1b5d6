import autocannon from 'autocannon'

export interface Load {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Measured {
  readonly perSecond: number
  readonly p99Ms: number
  readonly failures: number
}

export const CONNECTIONS = 16

/** Sends as many requests as come back, for some seconds. */
export async function drive({ url, headers }: Load, seconds: number): Promise<Measured> {
  const result = await autocannon({ url, headers: { ...headers }, connections: CONNECTIONS, duration: seconds })
  return {
    perSecond: result.requests.average,
    p99Ms: result.latency.p99,
    failures: result.non2xx + result.errors + result.timeouts,
  }
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
