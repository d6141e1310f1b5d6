import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { problemsOf, type Rule, rules } from '../../../test/helpers/strict-decoder.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestApp } from '../../../test/helpers/test-app.ts'

const { bool, each, int, maybe, object, text, texts } = rules

/** What the iOS client decodes with exact types: a wrong one anywhere, and it throws the whole document away. */
const IOS: Rule = object({
  ocs: object({
    meta: object({ status: text, statuscode: int, message: text }),
    data: object({
      version: object({ string: text, major: int, minor: int, micro: int }),
      capabilities: object({
        core: maybe(object({ pollinterval: maybe(int) })),
        theming: maybe(
          object({
            name: text,
            slogan: text,
            url: text,
            color: text,
            'color-element': text,
            'color-element-bright': text,
            'color-element-dark': text,
            'color-text': text,
            logo: text,
            logoheader: text,
            background: text,
            'background-default': bool,
            'background-plain': bool,
          }),
        ),
        files: maybe(
          object({
            locking: maybe(text),
            bigfilechunking: maybe(bool),
            undelete: maybe(bool),
            comments: maybe(bool),
            versioning: maybe(bool),
            version_labeling: maybe(bool),
            version_deletion: maybe(bool),
            windows_compatible_filenames: maybe(bool),
            forbidden_filenames: maybe(texts),
            forbidden_filename_basenames: maybe(texts),
            forbidden_filename_characters: maybe(texts),
            forbidden_filename_extensions: maybe(texts),
          }),
        ),
        files_sharing: maybe(
          object({
            default_permissions: maybe(int),
            public: maybe(
              object({
                enabled: bool,
                password: maybe(object({ enforced: maybe(bool) })),
                expire_date: maybe(object({ enforced: maybe(bool), days: maybe(int) })),
              }),
            ),
          }),
        ),
        dav: maybe(object({ chunking: maybe(text), bulkupload: maybe(text) })),
        notifications: maybe(object({ 'ocs-endpoints': maybe(texts) })),
        activity: maybe(object({ apiv2: maybe(texts) })),
        user_status: maybe(
          object({ enabled: bool, supports_emoji: maybe(bool), restore: maybe(bool), supports_busy: maybe(bool) }),
        ),
        downloadlimit: maybe(object({ enabled: maybe(bool), defaultLimit: maybe(int) })),
        notify_push: maybe(object({ type: maybe(texts), endpoints: maybe(object({ websocket: maybe(text) })) })),
      }),
    }),
  }),
})

/** What the Android client reads with getters that throw when the key is missing. */
const ANDROID: Rule = object({
  ocs: object({
    meta: object({ status: text, statuscode: int, message: text }),
    data: object({
      version: object({ string: text, major: int, minor: int, micro: int, edition: text, extendedSupport: bool }),
      capabilities: object({
        core: maybe(object({ pollinterval: int })),
        theming: maybe(object({ name: text, slogan: text, color: text })),
        notifications: maybe(object({ 'ocs-endpoints': texts })),
        files: maybe(object({ directEditing: maybe(object({ etag: text })) })),
        'end-to-end-encryption': maybe(object({ enabled: bool, 'api-version': text })),
        user_status: maybe(object({ enabled: bool, supports_emoji: bool })),
      }),
    }),
  }),
})

/** What the desktop client compares as text or reads as a list. */
const DESKTOP: Rule = object({
  ocs: object({
    data: object({
      version: object({ string: text }),
      capabilities: object({
        core: maybe(object({ pollinterval: maybe(int) })),
        dav: maybe(
          object({
            chunking: maybe(text),
            bulkupload: maybe(text),
            invalidFilenameRegex: maybe(text),
            httpErrorCodesThatResetFailingChunkedUploads: maybe(each(int)),
          }),
        ),
        files: maybe(object({ blacklisted_files: maybe(texts), privateLinks: maybe(bool), locking: maybe(text) })),
        checksums: maybe(object({ supportedTypes: texts, preferredUploadType: text })),
        notify_push: maybe(object({ type: texts, endpoints: object({ websocket: text }) })),
        theming: maybe(object({ color: text, 'color-text': text })),
      }),
    }),
  }),
})

let app: TestApp
before(async () => {
  app = await createTestApp()
})
after(() => app.close())

async function document(as?: readonly [string, string]): Promise<unknown> {
  const url = '/ocs/v1.php/cloud/capabilities?format=json'
  const answer = await app.request({ url, headers: OCS, ...(as === undefined ? {} : { as }) })
  assert.equal(answer.status, 200)
  return answer.json()
}

describe('the capability document', () => {
  for (const [name, decoder] of Object.entries({ IOS, ANDROID, DESKTOP })) {
    test(`is decoded by a client as strict as ${name}, for anybody and signed in`, async () => {
      assert.deepEqual(problemsOf(decoder, await document()), [])
      assert.deepEqual(problemsOf(decoder, await document(['admin', ADMIN_PASSWORD])), [])
    })
  }

  test('never says [] where clients expect an object, and has no null', async () => {
    const found: string[] = []
    const walk = (value: unknown, path: string): void => {
      if (value === null) found.push(`${path} is null`)
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return
      for (const [key, inner] of Object.entries(value)) walk(inner, `${path}.${key}`)
    }
    const signedIn = (await document(['admin', ADMIN_PASSWORD])) as { ocs: { data: { capabilities: object } } }
    walk(signedIn, '')
    for (const [name, block] of Object.entries(signedIn.ocs.data.capabilities)) {
      if (Array.isArray(block)) found.push(`${name} is an array`)
    }
    assert.deepEqual(found, [])
  })
})

describe('the strict decoder itself', () => {
  const base = {
    ocs: {
      meta: { status: 'ok', statuscode: 100, message: 'OK' },
      data: {
        version: { string: '1', major: 1, minor: 2, micro: 3, edition: '', extendedSupport: false },
        capabilities: {} as Record<string, unknown>,
      },
    },
  }
  const withBlock = (name: string, block: unknown): unknown => ({
    ocs: { ...base.ocs, data: { ...base.ocs.data, capabilities: { [name]: block } } },
  })

  test('accepts the least there can be', () => {
    for (const decoder of [IOS, ANDROID, DESKTOP]) assert.deepEqual(problemsOf(decoder, base), [])
  })

  for (const [name, block, decoder] of [
    ['files', { locking: 1 }, IOS],
    ['files', [], IOS],
    ['files', { bigfilechunking: 1 }, IOS],
    ['files_sharing', { public: {} }, IOS],
    ['files_sharing', { public: [] }, IOS],
    ['user_status', { enabled: 'true' }, IOS],
    ['core', { pollinterval: '60' }, ANDROID],
    ['core', {}, ANDROID],
    ['theming', { name: 'x', slogan: null, color: '#000000' }, ANDROID],
    ['notifications', {}, ANDROID],
    ['dav', { chunking: 1 }, DESKTOP],
    ['notify_push', { type: 'files', endpoints: {} }, DESKTOP],
  ] as const) {
    test(`refuses ${name} ${JSON.stringify(block)}`, () => {
      assert.notDeepEqual(problemsOf(decoder, withBlock(name, block)), [])
    })
  }
})
