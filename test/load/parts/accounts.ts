import { join } from 'node:path'
import { appPassword, basic } from '../app-password.ts'
import { call } from '../call.ts'
import { markdown, median, percentile, rounded } from '../measure.ts'
import type { Part } from '../part.ts'
import { ADMIN } from '../processes.ts'
import { type Side, withSides } from '../sides.ts'

const OCS = { 'ocs-apirequest': 'true', 'content-type': 'application/json' }
const USERS = '/ocs/v2.php/cloud/users'
const CONNECTIONS = 8
const CLIENTS = 100
const READINGS = 9
/** Between two requests of the one who goes on working. */
const PAUSE_MS = 5

interface Figures {
  readonly madePerSecond: number
  readonly firstPageMs: number
  readonly lastPageMs: number
  readonly searchMs: number
  readonly signInP50Ms: number
  readonly signInP99Ms: number
  readonly othersP99Ms: number
}

/**
 * Accounts made, listed and signed in over the API, first with a tenth of them and then with all: what grows with their
 * number shows in the ratio. Passwords are hashed as always; that is most of the work.
 */
export const accounts: Part = ({ folder, isQuick }) =>
  withSides(folder, ['Cloudlet'], async (_sides, cloudlet) => {
    const all = isQuick ? 1_000 : 10_000
    const working = basic(ADMIN.name, await appPassword(join(folder, 'cloudlet')))
    const page = Math.min(500, all / 10)
    const few = await measure(cloudlet, working, { from: 0, to: all / 10, page })
    const many = await measure(cloudlet, working, { from: all / 10, to: all, page })
    const line = (what: string, name: keyof Figures): string[] => {
      return [what, rounded(few[name]), rounded(many[name]), (many[name] / few[name]).toFixed(2)]
    }
    const table = markdown(
      ['accounts', `first ${all / 10}`, `${all}`, 'ratio'],
      [
        line('made, /s', 'madePerSecond'),
        line(`first page of ${page} with details, ms`, 'firstPageMs'),
        line('last page, ms', 'lastPageMs'),
        line('search by part of a name, ms', 'searchMs'),
        line(`${CLIENTS} sign in at once: median, ms`, 'signInP50Ms'),
        line('the slowest hundredth, ms', 'signInP99Ms'),
        line('others’ requests meanwhile: p99, ms', 'othersP99Ms'),
      ],
    )
    return { rows: [], table, notes: ['goal: others’ p99 below 20 ms while 100 sign in'] }
  })

interface Stretch {
  readonly from: number
  readonly to: number
  /** Accounts in one. */
  readonly page: number
}

async function measure(cloudlet: Side, working: string, { from, to, page }: Stretch): Promise<Figures> {
  const headers = { ...OCS, ...cloudlet.headers }
  const get = async (path: string): Promise<number> => {
    return (await call({ origin: cloudlet.origin, method: 'GET', path: `${USERS}${path}&format=json`, headers }))
      .totalMs
  }
  const begun = performance.now()
  await makeAccounts(cloudlet, headers, from, to)
  const madePerSecond = ((to - from) * 1_000) / (performance.now() - begun)
  const several = async (path: string): Promise<number> => {
    const times: number[] = []
    for (let count = 0; count < READINGS; count++) times.push(await get(path))
    return median(times)
  }
  return {
    madePerSecond,
    firstPageMs: await several(`/details?limit=${page}&offset=0`),
    lastPageMs: await several(`/details?limit=${page}&offset=${to - page}`),
    searchMs: await several(`/details?limit=25&search=${nameOf(to - 7).slice(3)}`),
    ...(await signInTogether(cloudlet, working, to)),
  }
}

const nameOf = (index: number): string => `person-${String(index).padStart(5, '0')}`
const passwordOf = (index: number): string => `password-of-${index}`

async function makeAccounts(
  { origin }: Side,
  headers: Readonly<Record<string, string>>,
  from: number,
  to: number,
): Promise<void> {
  let next = from
  const makeSome = async (): Promise<void> => {
    while (next < to) {
      const index = next
      next += 1
      const body = JSON.stringify({
        userid: nameOf(index),
        password: passwordOf(index),
        displayName: `Person ${index}`,
      })
      await call({ origin, method: 'POST', path: `${USERS}?format=json`, headers, body })
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, makeSome))
}

async function signInTogether(
  { origin }: Side,
  working: string,
  to: number,
): Promise<Pick<Figures, 'signInP50Ms' | 'signInP99Ms' | 'othersP99Ms'>> {
  const path = '/ocs/v2.php/cloud/user?format=json'
  const get = async (authorization: string): Promise<number> =>
    (await call({ origin, method: 'GET', path, headers: { ...OCS, authorization } })).totalMs
  await get(working)
  let isOver = false
  const others: number[] = []
  const goOn = async (): Promise<void> => {
    while (!isOver) {
      others.push(await get(working))
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
  const other = goOn()
  // Nobody of them has signed in before: each password is checked against its hash.
  const indices = Array.from({ length: CLIENTS }, (_each, count) => to - 1 - count)
  const times = await Promise.all(indices.map((index) => get(basic(nameOf(index), passwordOf(index)))))
  isOver = true
  await other
  return {
    signInP50Ms: median(times),
    signInP99Ms: percentile(times, 99),
    othersP99Ms: percentile(others, 99),
  }
}
