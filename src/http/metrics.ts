import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** What the server counts, in Prometheus' terms. */
export interface Metrics {
  readonly registry: Registry
  /** One request answered. `surface`: ocs, dav, page, ... `status`: its class, `2xx`. */
  observeRequest(surface: string, status: number, seconds: number): void
  countLogin(result: 'accepted' | 'refused' | 'throttled'): void
  observeCommit(writers: number): void
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

export function createMetrics(version: string): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'cloudlet_' })
  const registers = [registry]
  new Gauge({ name: 'cloudlet_info', help: 'Version of this server', labelNames: ['version'], registers }).set(
    { version },
    1,
  )
  const requests = new Histogram({
    name: 'cloudlet_http_request_seconds',
    help: 'Time to answer a request, by surface and class of status',
    labelNames: ['surface', 'status'],
    buckets: SECONDS,
    registers,
  })
  const logins = new Counter({
    name: 'cloudlet_logins_total',
    help: 'Credentials checked against a password, by result',
    labelNames: ['result'],
    registers,
  })
  const commits = new Histogram({
    name: 'cloudlet_database_commit_writers',
    help: 'Writers that shared one durable commit',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128],
    registers,
  })
  // Looking a label set up by its values costs more than the observation itself.
  const requestChildren = new Map<string, Histogram.Internal<'surface' | 'status'>>()
  return {
    registry,
    observeRequest(surface, status, seconds) {
      const key = `${surface}${Math.trunc(status / 100)}`
      let child = requestChildren.get(key)
      if (child === undefined) {
        child = requests.labels({ surface, status: `${Math.trunc(status / 100)}xx` })
        requestChildren.set(key, child)
      }
      child.observe(seconds)
    },
    countLogin(result) {
      logins.inc({ result })
    },
    observeCommit(writers) {
      commits.observe(writers)
    },
  }
}
