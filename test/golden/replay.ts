import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestAnswer, TestApp } from '../helpers/test-app.ts'
import { basic } from '../helpers/test-app.ts'
import { compareAnswers, type Difference, fill, type Placeholders, type RecordedAnswer } from './compare.ts'

export interface Exchange {
  readonly name: string
  readonly as: string
  readonly request: {
    readonly method: string
    readonly path: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: unknown
  }
  readonly response: RecordedAnswer
}

export interface Replayed {
  readonly exchange: Exchange
  readonly differences: readonly Difference[]
}

export function readRecording(topic: string): Exchange[] {
  const file = join(import.meta.dirname, 'recordings', `${topic}.json`)
  return (JSON.parse(readFileSync(file, 'utf8')) as { exchanges: Exchange[] }).exchanges
}

/** Passwords of the people in the recordings. */
export const PASSWORDS: Readonly<Record<string, string>> = {
  admin: 'admin-password',
  alice: 'alice-password',
  bob: 'bob-password',
  carol: 'carol-password',
  dave: 'dave-password',
  erin: 'erin-password',
}

const HOST = '127.0.0.1:8080'
const BASE = `http://${HOST}`

/** The people and groups of the recordings. */
export async function castOf(app: TestApp): Promise<void> {
  const { accounts, groups } = app.features
  for (const groupId of ['staff', 'readers']) await groups.add(groupId, groupId, 'test')
  const people: [string, string[], string | undefined][] = [
    ['alice', ['staff'], 'alice@example.com'],
    ['bob', ['staff', 'readers'], 'bob@example.com'],
    ['carol', ['staff'], undefined],
    ['dave', [], undefined],
    ['erin', [], undefined],
  ]
  for (const [userId, groupIds, email] of people) {
    const displayName = `${userId[0]?.toUpperCase()}${userId.slice(1)} Example`
    const password = PASSWORDS[userId] ?? ''
    await accounts.add({ userId, password, displayName, groupIds, ...(email === undefined ? {} : { email }) }, 'test')
  }
  await groups.addAdmin('staff', (await accounts.get('carol')).row.id, 'test')
  await accounts.setEnabled(await accounts.get('dave'), false, 'test')
}

/** Something the recording did between two exchanges, by the name of the exchange that follows. */
export type Between = Readonly<Record<string, (app: TestApp) => Promise<void>>>

/** Sends every request of a recording, in order, and compares the answers. */
export async function replay(app: TestApp, topic: string, between: Between = {}): Promise<Replayed[]> {
  const known: Placeholders = new Map([
    ['{base}', BASE],
    ['{host}', HOST],
    ['{datadir}', app.dataFolder],
    ['{wrong_password}', 'not-the-password'],
    ...Object.entries(PASSWORDS).map(([name, password]): [string, string] => [`{${name}_password}`, password]),
  ])
  const browser = { cookie: '' }
  const replayed: Replayed[] = []
  for (const exchange of readRecording(topic)) {
    await between[exchange.name]?.(app)
    const answer = await send(app, exchange, known, browser)
    keepCookie(answer, browser)
    replayed.push({ exchange, differences: compareAnswers(exchange.response, answer, known) })
    rememberEtag(exchange, answer, known)
  }
  return replayed
}

async function send(app: TestApp, { request, as }: Exchange, known: Placeholders, browser: { cookie: string }) {
  const headers: Record<string, string> = { host: HOST }
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value
  const usesCookies = headers['cookie'] !== undefined
  if (usesCookies) {
    if (browser.cookie === '') keepCookie(await app.request({ url: '/login', headers: { host: HOST } }), browser)
    headers['cookie'] = browser.cookie
  }
  const text = JSON.stringify(request)
  if (usesCookies && text.includes('{requesttoken}')) {
    const answer = await app.request({ url: '/csrftoken', headers: { host: HOST, cookie: browser.cookie } })
    known.set('{requesttoken}', answer.json().token)
  }
  for (const [name, value] of Object.entries(headers)) headers[name] = filledHeader(name, value, known)
  const password = PASSWORDS[as.replace(/ \(.*/, '')]
  if (!usesCookies && headers['authorization'] === undefined && password !== undefined && !as.includes('wrong')) {
    headers['authorization'] = basic(as.replace(/ \(.*/, ''), password)
  }
  const body = bodyText(request.body, known)
  if (typeof request.body === 'object' && headers['content-type'] === undefined)
    headers['content-type'] = 'application/json'
  const url = fill(request.path, known).replace('{requesttoken}', encodeURIComponent(known.get('{requesttoken}') ?? ''))
  return app.request({ method: request.method, url, headers, ...(body === undefined ? {} : { body }) })
}

function filledHeader(name: string, value: string, known: Placeholders): string {
  // A recorded ETag or date stands for ours.
  const filled = known.get(value) ?? fill(value, known)
  const credentials = /^Basic ([^:]+):(.*)$/.exec(filled)
  return name === 'authorization' && credentials !== null ? basic(credentials[1] ?? '', credentials[2] ?? '') : filled
}

function bodyText(body: unknown, known: Placeholders): string | undefined {
  if (body === undefined || body === null) return undefined
  if (typeof body !== 'string') return fill(JSON.stringify(body), known)
  return body.replace(/\{[a-z_][\w-]*\}/g, (name) => encodeURIComponent(known.get(name) ?? name))
}

function keepCookie(answer: TestAnswer, browser: { cookie: string }): void {
  const set = [answer.headers['set-cookie'] ?? []].flat().find((cookie) => cookie.startsWith('cloudlet_session='))
  if (set === undefined) return
  const pair = set.split(';')[0] ?? ''
  browser.cookie = pair.endsWith('=') ? '' : pair
}

/** Conditional requests of the recordings name the recorded ETag and time: they stand for ours. */
function rememberEtag({ response }: Exchange, answer: TestAnswer, known: Placeholders): void {
  const recorded = response.headers?.['etag']
  const actual = answer.headers['etag']
  if (typeof recorded === 'string' && typeof actual === 'string') known.set(recorded, actual)
  const date = response.headers?.['last-modified']
  const actualDate = answer.headers['last-modified']
  if (typeof date === 'string' && typeof actualDate === 'string') known.set(date, actualDate)
}
