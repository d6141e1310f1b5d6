import type { Metric, Registry } from 'prom-client'

/** What the server counts, in Prometheus' terms. */
export interface Metrics {
  /** One request answered. `surface`: ocs, dav, page. */
  observeRequest(surface: string, status: number, seconds: number): void
  countLogin(result: LoginResult): void
  observeCommit(writers: number): void
  /** A figure that a feature adds; read when somebody asks for it. Before the first request. */
  add(figure: Figure): void
  /** Everything in the text form that Prometheus reads. */
  write(): Promise<{ readonly contentType: string; readonly text: string }>
}

/** `cloudlet_jobs`, with its help text. */
export interface Figure {
  readonly name: string
  readonly help: string
  /** A counter only ever goes up while the process runs. */
  readonly type: 'counter' | 'gauge'
  /** Without an answer, such as when the database is gone, the figure is missing. */
  read(): Promise<readonly { readonly labels: Labels; readonly value: number }[]>
}

export type LoginResult = 'accepted' | 'refused' | 'throttled'

/** Counts by upper bound, the last without one. */
interface Buckets {
  readonly counts: Float64Array
  sum: number
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]
const WRITERS = [1, 2, 4, 8, 16, 32, 64, 128]

/**
 * Counts in plain arrays, because it happens with every request. The Prometheus library, which also knows the figures of
 * the process, is loaded when somebody asks.
 */
export function createMetrics(version: string): Metrics {
  const requests = new Map<string, Buckets>()
  const logins = new Map<LoginResult, number>()
  const commits = emptyBuckets(WRITERS)
  const figures: Figure[] = []
  let registry: Promise<Registry> | undefined
  const describe = (): Described[] => [
    counter('cloudlet_logins_total', 'Passwords checked, by result', 'result', logins),
    histogram('cloudlet_http_request_seconds', 'Time to answer a request', SECONDS, requestSeries(requests)),
    histogram('cloudlet_database_commit_writers', 'Writers that shared one durable commit', WRITERS, [[{}, commits]]),
  ]
  return {
    observeRequest(surface, status, seconds) {
      const key = `${surface} ${Math.trunc(status / 100)}xx`
      let buckets = requests.get(key)
      if (buckets === undefined) {
        buckets = emptyBuckets(SECONDS)
        requests.set(key, buckets)
      }
      observe(buckets, SECONDS, seconds)
    },
    countLogin(result) {
      logins.set(result, (logins.get(result) ?? 0) + 1)
    },
    observeCommit(writers) {
      observe(commits, WRITERS, writers)
    },
    add(figure) {
      figures.push(figure)
    },
    async write() {
      registry ??= createRegistry(version, describe, figures)
      const known = await registry
      return { contentType: known.contentType, text: await known.metrics() }
    },
  }
}

function emptyBuckets(bounds: readonly number[]): Buckets {
  return { counts: new Float64Array(bounds.length + 1), sum: 0 }
}

function observe(buckets: Buckets, bounds: readonly number[], value: number): void {
  let index = 0
  while (index < bounds.length && value > (bounds[index] ?? 0)) index += 1
  buckets.counts[index] = (buckets.counts[index] ?? 0) + 1
  buckets.sum += value
}

type Labels = Readonly<Record<string, string>>

function requestSeries(requests: ReadonlyMap<string, Buckets>): [Labels, Buckets][] {
  return [...requests].map(([key, buckets]) => {
    const [surface = '', status = ''] = key.split(' ')
    return [{ surface, status }, buckets]
  })
}

/** A metric as the library's registry reads it. */
interface Described {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'histogram'
  readonly values: readonly { readonly metricName?: string; readonly labels: Labels; readonly value: number }[]
}

function counter(name: string, help: string, label: string, counts: ReadonlyMap<string, number>): Described {
  return {
    name,
    help,
    type: 'counter',
    values: [...counts].map(([key, value]) => ({ labels: { [label]: key }, value })),
  }
}

function histogram(
  name: string,
  help: string,
  bounds: readonly number[],
  series: readonly [Labels, Buckets][],
): Described {
  const values = series.flatMap(([labels, { counts, sum }]) => {
    let total = 0
    const buckets = [...bounds.map(String), '+Inf'].map((le, index) => {
      total += counts[index] ?? 0
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: total },
    ]
  })
  return { name, help, type: 'histogram', values }
}

async function createRegistry(
  version: string,
  describe: () => Described[],
  figures: readonly Figure[],
): Promise<Registry> {
  const { collectDefaultMetrics, Gauge, Registry } = await import('prom-client')
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'cloudlet_' })
  const info = { name: 'cloudlet_info', help: 'Version of this server', labelNames: ['version'], registers: [registry] }
  new Gauge(info).set({ version }, 1)
  for (const { name } of describe()) {
    const metric = {
      name,
      get: async () => ({ aggregator: 'sum', ...describe().find((described) => described.name === name) }),
    }
    registry.registerMetric(metric as unknown as Metric)
  }
  for (const { name, help, type, read } of figures) {
    const metric = {
      name,
      get: async () => ({ aggregator: 'sum', name, help, type, values: await read().catch(() => []) }),
    }
    registry.registerMetric(metric as unknown as Metric)
  }
  return registry
}
