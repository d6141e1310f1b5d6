import type { TestAnswer, TestApp } from './test-app.ts'

const FORM = 'application/x-www-form-urlencoded'

export type Fields = Readonly<Record<string, string>>

/** A browser as far as cookies and forms go. */
export interface TestBrowser {
  /** `name=value` of the session. */
  readonly cookie: () => string
  get(url: string, headers?: Fields): Promise<TestAnswer>
  /** A form of our own pages: with the request token of this browser, unless the fields have another. */
  post(url: string, fields: Fields, headers?: Fields): Promise<TestAnswer>
}

/** A browser that has not signed in. */
export function createTestBrowser(app: TestApp): TestBrowser {
  const cookies = new Map<string, string>()
  const send = async (method: string, url: string, headers: Fields, body?: string): Promise<TestAnswer> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const sent = { ...(cookie === '' ? {} : { cookie }), ...headers }
    const answer = await app.request({ method, url, headers: sent, ...(body === undefined ? {} : { body }) })
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    return answer
  }
  return {
    cookie: () => `cloudlet_session=${cookies.get('cloudlet_session') ?? ''}`,
    get: (url, headers = {}) => send('GET', url, { accept: 'text/html', ...headers }),
    async post(url, fields, headers = {}) {
      const { token } = (await send('GET', '/csrftoken', {})).json()
      const body = new URLSearchParams({ requesttoken: token, ...fields }).toString()
      return send('POST', url, { 'content-type': FORM, ...headers }, body)
    },
  }
}

/** A browser that has signed in by the form. */
export async function signInAs(app: TestApp, user: string, password: string): Promise<TestBrowser> {
  const browser = createTestBrowser(app)
  const answer = await browser.post('/login', { user, password })
  if (answer.headers['location'] !== 'http://cloud.test/') throw new Error(`no sign-in: ${answer.headers['location']}`)
  return browser
}
