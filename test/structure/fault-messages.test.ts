import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { LANGUAGES, type Message, type Messages } from '../../src/lib/languages.ts'
import { readSources } from './sources.ts'

const ROOT = join(import.meta.dirname, '../..')

/**
 * People read messages of the API in their language. This looks at every Fault of the program: what it says comes from a
 * `fault-messages.ts`, in each language; or the place is one that no person with a client gets to see; or the message is
 * listed below, with why it is English for everybody.
 */

/** Where Faults speak to those who operate the server or write a client, or where pages have words of their own. */
const ELSEWHERE: readonly (readonly [where: RegExp, why: string])[] = [
  [/^src\/(?:cli|main|config)\//, 'the command line and the start of the server'],
  [/cli\.ts$/, 'the command line'],
  [/^src\/features\/users\/(?:import|count-option)\.ts$/, 'the command line'],
  [
    /^src\/features\/(?:app-config\/service|theming\/(?:settings|images)|auth\/limits-input)\.ts$/,
    'settings, as commands take them',
  ],
  [/^src\/features\/mail\//, 'the log and the command line'],
  [/^src\/(?:db\/(?!errors\.ts)|blobs\/(?!disk\.ts))/, 'the start of the server, and its log'],
  [/^src\/(?:outgoing|jobs)\//, 'whoever calls it, who turns it into an answer of its own'],
  [/^src\/dav\/|^src\/features\/(?:files|uploads)\/|\/dav\.ts$/, 'WebDAV: clients compare `s:message`'],
  [/^src\/http\/(?!reach\.ts|error-answer\.ts)/, 'the reading of a request'],
  [
    /pages\.ts$|\/notifications\/icons\.ts$|\/theming\/pictures\.ts$|^src\/features\/password-links\/service\.ts$|\/own-form\.ts$|^src\/features\/login-flow\//,
    'pages have words of their own',
  ],
  [/^src\/features\/status\//, 'monitoring'],
  [/^src\/features\/push\//, 'clients look at a word in the data'],
  [/^src\/features\/notifications\/admin\.ts$/, 'programs that send notifications'],
  [/^src\/features\/notify-push\//, 'the protocol of the socket'],
]

/** What stays English for everybody, by why. */
const ENGLISH: Readonly<Record<string, readonly string[]>> = {
  'clients compare it, or have words of their own for it': [
    'Current user is not logged in',
    'Unauthorised',
    'CSRF check failed',
    'Password confirmation is required',
    'no app password in use',
    'could not get one-time app password',
    'Internal error',
  ],
  'a request that no client sends; for whoever writes one': [
    'The request body is too large',
    'The media type of the body is not supported',
    'The request cannot be read',
    'Unknown parameter "…"',
    'Required parameter "…" is missing',
    'Parameter "…" must be yes or no',
    'Only the displayname can be changed',
    'There is no preference "…"',
    'This is no value for the preference "…"',
    'There is no topic …',
    'An app sends the picture itself',
  ],
  'for whoever operates the server': ['Web push is switched by the setting CLOUDLET_WEB_PUSH, which is …'],
}

/** Expressions whose type says that they come in every language: `Message`. */
const TYPED: readonly string[] = [
  'src/db/errors.ts: message',
  'src/features/users/account-rules.ts: problem',
  'src/features/users/fields.ts: message',
  'src/features/users/last-admin.ts: message',
  'src/features/users/membership-rules.ts: message',
  'src/ocs/mount.ts: refusal',
]

/** Names of texts that are English for everybody, as above. */
const NAMED: Readonly<Record<string, string>> = {
  NO_ONE_TIME: 'could not get one-time app password',
  UNKNOWN_ADDRESS_MESSAGE: 'the fixed text of an unknown address; clients look at its code',
  'problem ?? `Required parameter "${field}" is missing`': 'Required parameter "…" is missing',
}

interface Place {
  readonly file: string
  readonly message: string
}

/** Second argument of every `new Fault(...)`, as it is written. */
function messagesIn(file: string, text: string): Place[] {
  return [...text.matchAll(/new Fault\(/g)].map(({ index }) => {
    const behind = text.slice(index + 'new Fault('.length)
    return { file, message: secondArgument(behind) }
  })
}

/** A text in quotes, a bracket, a comma. */
const TOKEN = /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|[([{]|[)\]}]|,/g

function secondArgument(text: string): string {
  const ends: number[] = []
  let depth = 0
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if ('([{'.includes(token)) depth += 1
    else if (depth > 0 && ')]}'.includes(token)) depth -= 1
    else if (depth === 0 && (token === ',' || token === ')')) ends.push(index)
    if (ends.length === 2) break
  }
  return text.slice((ends[0] ?? 0) + 1, ends[1]).trim()
}

/** A text as it is written in the program, with what is put into it as `…`; undefined for anything else. */
function plainText(argument: string): string | undefined {
  const match = /^(['"`])(.*)\1$/s.exec(argument)
  return match?.[2]?.replace(/\$\{[^}]*\}/g, '…')
}

const isOurs = ({ file }: { readonly file: string }): boolean => !file.endsWith('.test.ts')
const places = readSources('src/**/*.ts')
  .filter(isOurs)
  .flatMap(({ file, text }) => messagesIn(file, text))
const api = places.filter(({ file }) => !ELSEWHERE.some(([where]) => where.test(file)))

describe('what Faults say', () => {
  test('the API says it in every language, or there is a reason for English', () => {
    const known = new Set(Object.values(ENGLISH).flat())
    for (const { file, message } of api) {
      if (/^MESSAGES\.\w+/.test(message) || TYPED.includes(`${file}: ${message}`)) continue
      const text = Object.hasOwn(NAMED, message) ? '' : plainText(message)
      assert.ok(text !== undefined, `${file}: what is ${message}?`)
      assert.ok(text === '' || known.has(text), `${file}: "${text}" is English only, without a reason`)
    }
  })

  test('what a variable says is of the type that has every language', () => {
    const sources = new Map(readSources('src/**/*.ts').map(({ file, text }) => [file, text]))
    for (const place of TYPED) {
      const [file = '', name = ''] = place.split(': ')
      assert.match(sources.get(file) ?? '', /import (?:type )?\{[^}]*\bMessage\b[^}]*\} from/, place)
      assert.ok(
        api.some((found) => found.file === file && found.message === name),
        `${place} is not there any more`,
      )
    }
  })

  test('nothing is listed that is not said any more', () => {
    const said = new Set(api.map(({ message }) => plainText(message) ?? NAMED[message]))
    for (const [why, texts] of Object.entries(ENGLISH)) {
      for (const text of texts) assert.ok(said.has(text), `"${text}": ${why}`)
    }
    for (const name of Object.keys(NAMED))
      assert.ok(
        api.some(({ message }) => message === name),
        name,
      )
    for (const [where, why] of ELSEWHERE)
      assert.ok(
        places.some(({ file }) => where.test(file)),
        `${where}: ${why}`,
      )
  })
})

const tables = await Promise.all(
  readSources('src/**/fault-messages.ts').map(async ({ file }) => {
    const exported: Readonly<Record<string, Messages>> = await import(join(ROOT, file))
    return { file, messages: Object.values(exported).flatMap((table) => Object.entries(table)) }
  }),
)

/** As it is said, with a value of its own for each place. */
function sample(entry: Messages[string]): { readonly message: Message; readonly values: readonly string[] } {
  if (typeof entry !== 'function') return { message: entry, values: [] }
  const values = Array.from({ length: entry.length }, (_, index) => `value-${index}`)
  return { message: (entry as (...given: readonly string[]) => Message)(...values), values }
}

describe('messages in every language', () => {
  for (const { file, messages } of tables) {
    test(file, () => {
      assert.ok(messages.length > 0)
      for (const [name, entry] of messages) {
        const { message, values } = sample(entry)
        assert.deepEqual(Object.keys(message).toSorted(), LANGUAGES.toSorted(), name)
        for (const [language, text] of Object.entries(message)) {
          assert.ok(text.trim() === text && text !== '', `${name} ${language}`)
          for (const value of values) assert.ok(text.includes(value), `${name} ${language} leaves out ${value}`)
        }
        assert.equal(new Set(Object.values(message)).size, LANGUAGES.length, `${name} says the same in two languages`)
        assert.doesNotMatch(message.de, /\b(?:Sie|Ihr|Ihre|Ihnen)\b/, `${name}: pages say du`)
        assert.doesNotMatch(message.fr, /\b(?:tu|ton|ta|tes)\b|\w'\w| [.,]/i, `${name}: pages say vous, and write ’`)
      }
    })
  }

  test('are all there is a file for', () => {
    assert.ok(tables.length > 10)
  })
})
