import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sendRaw } from '../helpers/send-raw.ts'
import type { TestAnswer, TestApp } from '../helpers/test-app.ts'
import { basic } from '../helpers/test-app.ts'
import { recordedPicture } from './around-staging.ts'
import { type Between, PASSWORDS } from './cast.ts'
import { compareAnswers, type Difference, type RecordedAnswer } from './compare.ts'
import { stageFiles } from './dav-staging.ts'
import { fill, type Known, Pairs } from './known.ts'

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

const HOST = '127.0.0.1:8080'
const BASE = `http://${HOST}`

/** Sends every wanted request of a recording, in order, and compares the answers. */
export async function replay(
  app: TestApp,
  topic: string,
  between: Between = {},
  isWanted: (name: string) => boolean = () => true,
): Promise<Replayed[]> {
  const known: Known = Object.assign(
    new Map([
      ['{base}', BASE],
      ['{host}', HOST],
      ['{datadir}', app.dataFolder],
      ['{wrong_password}', 'not-the-password'],
      ...Object.entries(PASSWORDS).map(([name, password]): [string, string] => [`{${name}_password}`, password]),
    ]),
    { fileIds: new Pairs(), etags: new Map() },
  )
  const socket = /^(?:webdav|direct)-/.test(topic) ? await app.listen() : undefined
  await stageFiles(app, topic, known.fileIds)
  const browser: Browser = new Map()
  await between['']?.(app, known.fileIds, known)
  const replayed: Replayed[] = []
  for (const exchange of readRecording(topic)) {
    if (!isWanted(exchange.name)) continue
    await between[exchange.name]?.(app, known.fileIds, known)
    const answer = await send(app, exchange, known, browser, socket)
    keepCookie(answer, browser)
    replayed.push({ exchange, differences: compareAnswers(exchange.response, answer, known, exchange.request) })
    rememberEtag(exchange, answer, known)
    rememberState(answer, known)
  }
  return replayed
}

async function send(
  app: TestApp,
  { request, as }: Exchange,
  known: Known,
  browser: Browser,
  socket: string | undefined,
): Promise<TestAnswer> {
  const headers: Record<string, string> = { host: HOST }
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value
  const usesCookies = headers['cookie'] !== undefined
  if (usesCookies) {
    if (!browser.has(SESSION)) await openBrowser(app, as, browser)
    opened.add(browser)
    headers['cookie'] = cookiesOf(browser)
  }
  const text = JSON.stringify(request)
  if (usesCookies && text.includes('{requesttoken}')) {
    const answer = await app.request({ url: '/csrftoken', headers: { host: HOST, cookie: cookiesOf(browser) } })
    known.set('{requesttoken}', answer.json().token)
  }
  for (const [name, value] of Object.entries(headers)) headers[name] = filledHeader(name, value, known)
  const password = PASSWORDS[as.replace(/ \(.*/, '')]
  if (!usesCookies && headers['authorization'] === undefined && password !== undefined && !as.includes('wrong')) {
    headers['authorization'] = basic(as.replace(/ \(.*/, ''), password)
  }
  const picture = await recordedPicture(request.body)
  const body = picture === undefined ? bodyText(request.body, known) : undefined
  if (typeof request.body === 'object' && headers['content-type'] === undefined)
    headers['content-type'] = 'application/json'
  const url = fill(request.path, known).replace('{requesttoken}', encodeURIComponent(known.get('{requesttoken}') ?? ''))
  if (picture !== undefined) return app.request({ method: request.method, url, headers, body: picture })
  if (socket !== undefined) {
    const ours = { url: withFileIds(url, known), ...(body === undefined ? {} : { body: withFileIds(body, known) }) }
    return sendRaw(socket, { method: request.method, headers: headers, ...ours })
  }
  return app.request({ method: request.method, url, headers, ...(body === undefined ? {} : { body }) })
}

/** Requests that name a file by its recorded id name ours. */
function withFileIds(text: string, { fileIds }: Known): string {
  return text.replace(/(?<=fileId"?[=:] ?|<d:literal>|files_lock\/lock\/)\d+/g, (id) => fileIds.get(id) ?? id)
}

function filledHeader(name: string, value: string, known: Known): string {
  // A recorded ETag or date stands for ours.
  const filled = known.get(value) ?? fill(value, known)
  const credentials = /^Basic ([^:]+):(.*)$/.exec(filled)
  return name === 'authorization' && credentials !== null ? basic(credentials[1] ?? '', credentials[2] ?? '') : filled
}

function bodyText(body: unknown, known: Known): string | undefined {
  if (body === undefined || body === null) return undefined
  if (typeof body !== 'string') return fill(JSON.stringify(body), known)
  return body.replace(/\{[a-z_][\w-]*\}/g, (name) => encodeURIComponent(known.get(name) ?? name))
}

/** With the login form before it; where the recording does not sign in itself, who is signed in there is here too. */
async function openBrowser(app: TestApp, as: string, browser: Browser): Promise<void> {
  keepCookie(await app.request({ url: '/login', headers: { host: HOST } }), browser)
  const [, user = ''] = /^(\w+) \(session\)$/.exec(as) ?? []
  const password = PASSWORDS[user]
  if (password === undefined || opened.has(browser)) return
  const headers = { host: HOST, cookie: cookiesOf(browser) }
  const requesttoken = (await app.request({ url: '/csrftoken', headers })).json().token
  const body = new URLSearchParams({ user, password, requesttoken }).toString()
  const type = { 'content-type': 'application/x-www-form-urlencoded', origin: BASE }
  const answer = await app.request({ method: 'POST', url: '/login', headers: { ...headers, ...type }, body })
  keepCookie(answer, browser)
}

/** Cookies by their names. */
type Browser = Map<string, string>

/** Those that were opened before: who is signed out then stays so. */
const opened = new WeakSet<Browser>()

const SESSION = 'cloudlet_session'

const cookiesOf = (browser: Browser): string => [...browser].map(([name, value]) => `${name}=${value}`).join('; ')

function keepCookie(answer: TestAnswer, browser: Browser): void {
  for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (value === '') browser.delete(name)
    else browser.set(name, value)
  }
}

/** What a page of the login flow hands on to the next one. */
function rememberState({ text }: TestAnswer, known: Known): void {
  const [, token] = /stateToken(?:=|" value=")([\w-]+)/.exec(text) ?? []
  if (token !== undefined) known.set('{state_token}', token)
}

/** Conditional requests of the recordings name the recorded ETag and time: they stand for ours. */
function rememberEtag({ response }: Exchange, answer: TestAnswer, known: Known): void {
  const recorded = response.headers?.['etag']
  const actual = answer.headers['etag']
  if (typeof recorded === 'string' && typeof actual === 'string') known.set(recorded, actual)
  const date = response.headers?.['last-modified']
  const actualDate = answer.headers['last-modified']
  if (typeof date === 'string' && typeof actualDate === 'string') known.set(date, actualDate)
}
