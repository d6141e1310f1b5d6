import { REPORTED_VERSION } from '../../lib/version.ts'
import { connectTester, type Tester } from './tester.ts'

/** One thing that has to work before clients hear of news, and whether it does. */
export interface Finding {
  readonly name: string
  /** `skipped`: something before it does not work. */
  readonly outcome: 'works' | 'fails' | 'skipped'
  /** What was seen, and for a failure what to do. */
  readonly detail: string
}

export interface SelfTestDeps {
  /** Scheme, host and path by which clients reach the server, without a final slash. */
  readonly url: string
  /** Makes a token that opens the websocket once. */
  readonly makeToken: () => Promise<string>
  /** Causes a message for whoever is connected with that token. */
  readonly tell: () => Promise<void>
  readonly patienceMs?: number
}

/** What was seen, or why it does not do. */
type Seen = string | { readonly fails: string }

interface Step {
  readonly name: string
  run(): Promise<Seen>
}

const PATIENCE_MS = 10_000
const PROXY_PAGE = 'See docs/how-to/reverse-proxy.md'

/**
 * Goes the way of a client, through whatever stands in front of the server. Never throws: what does not work is a
 * finding, and what is behind it is not tried.
 */
export async function selfTest({ url, makeToken, tell, patienceMs = PATIENCE_MS }: SelfTestDeps): Promise<Finding[]> {
  let tester: Tester | undefined
  const needTester = (): Tester => {
    if (tester === undefined) throw new Error('There is no connection')
    return tester
  }
  const steps: readonly Step[] = [
    {
      name: `The server answers at ${url}`,
      run: async () => checkStatus(await getJson(`${url}/status.php`, patienceMs)),
    },
    {
      name: 'It knows this address as its own',
      run: async () => checkAddress(url, await getJson(`${url}${CAPABILITIES}`, patienceMs)),
    },
    {
      name: 'The websocket opens',
      async run() {
        tester = await connectTester(url, patienceMs)
        return ''
      },
    },
    { name: 'It lets a token in', run: async () => checkSignIn(await needTester().signIn(await makeToken())) },
    { name: 'News arrive', run: () => hearNews(needTester(), tell) },
    { name: 'Pings arrive', run: async () => ((await needTester().pinged()) ? '' : { fails: NO_PING }) },
  ]
  try {
    return await inOrder(steps)
  } finally {
    tester?.end()
  }
}

const CAPABILITIES = '/ocs/v2.php/cloud/capabilities?format=json'
const NO_PING = `None came: what stands in between does not pass them on, or ends the connection. ${PROXY_PAGE}`

async function inOrder(steps: readonly Step[]): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { name, run } of steps) {
    const isBroken = findings.some(({ outcome }) => outcome === 'fails')
    const seen = isBroken ? '' : await run().catch((error: unknown) => ({ fails: reasonOf(error) }))
    if (typeof seen === 'string') findings.push({ name, outcome: isBroken ? 'skipped' : 'works', detail: seen })
    else findings.push({ name, outcome: 'fails', detail: seen.fails })
  }
  return findings
}

/** `fetch` says only that it failed, and its cause why. */
function reasonOf(error: unknown): string {
  const { message = '', cause } = error as Error
  const { message: because = '', code = '' } = (cause ?? {}) as { readonly message?: string; readonly code?: string }
  return [message, because || code].filter((text) => text !== '').join(': ')
}

async function getJson(url: string, patienceMs: number): Promise<Readonly<Record<string, unknown>>> {
  const answer = await fetch(url, {
    // A redirect is an answer too: clients do not follow everywhere.
    redirect: 'manual',
    headers: { accept: 'application/json', 'ocs-apirequest': 'true' },
    signal: AbortSignal.timeout(patienceMs),
  })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`Status ${answer.status}. ${PROXY_PAGE}`)
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch {
    throw new Error(`Something else answers. ${PROXY_PAGE}`)
  }
}

function checkStatus({ installed, versionstring }: Readonly<Record<string, unknown>>): Seen {
  if (installed !== true) return { fails: `Something else answers. ${PROXY_PAGE}` }
  if (versionstring === REPORTED_VERSION.string) return ''
  return { fails: `The server is another version (${String(versionstring)}) than this command` }
}

interface CapabilityAnswer {
  readonly ocs?: { readonly data?: { readonly capabilities?: { readonly theming?: { readonly logo?: unknown } } } }
}

/** The logo is the address of this server that everybody may read. */
function checkAddress(url: string, answer: CapabilityAnswer): Seen {
  const logo = String(answer.ocs?.data?.capabilities?.theming?.logo ?? '')
  if (logo.startsWith(`${url}/`)) return ''
  return { fails: `It sends clients to ${logo}: set CLOUDLET_PUBLIC_URL and CLOUDLET_TRUSTED_PROXIES. ${PROXY_PAGE}` }
}

function checkSignIn(answer: string): Seen {
  if (answer === 'authenticated') return ''
  return { fails: `It said "${answer}": does the server work with the database of this command?` }
}

async function hearNews(tester: Tester, tell: () => Promise<void>): Promise<Seen> {
  const begun = performance.now()
  const heard = tester.next()
  await tell()
  const text = await heard
  if (text.startsWith('notify_')) return `${text} after ${Math.round(performance.now() - begun)} ms`
  return { fails: text === '' ? 'None came in time' : `It said "${text}"` }
}
