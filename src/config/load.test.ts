import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, describe, test } from 'node:test'
import { inspect } from 'node:util'
import { Fault } from '../lib/fault.ts'
import { type Given, type Loaded, loadConfig } from './load.ts'
import { SETTINGS } from './settings.ts'

type Env = Given['env']

const load = (env: Env = {}, flags: Given['flags'] = {}): Loaded => loadConfig({ env, flags })

/** The message of the Fault that this environment leads to. */
function refusal(env: Env, flags: Given['flags'] = {}): string {
  try {
    load(env, flags)
  } catch (error) {
    assert.ok(error instanceof Fault, `not a Fault: ${error}`)
    assert.equal(error.kind, 'bad-request')
    assert.equal(error.detail.reason, 'setting')
    return error.message
  }
  return assert.fail('nothing was refused')
}

const folder = mkdtempSync(join(tmpdir(), 'cloudlet-config-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function fileWith(content: string): string {
  const file = join(folder, `value-${Math.random().toString(36).slice(2)}`)
  writeFileSync(file, content)
  return file
}

test('nothing given: the defaults', () => {
  const { config, secrets, warnings, sources } = load()
  const others = Object.fromEntries(Object.entries(config).filter(([name]) => !name.startsWith('oidc')))
  assert.deepEqual(others, {
    host: '127.0.0.1',
    port: 8080,
    dataFolder: resolve('data'),
    publicUrl: undefined,
    trustedProxies: [],
    blobs: 'disk',
    s3Endpoint: undefined,
    s3Region: undefined,
    s3PathStyle: undefined,
    logLevel: 'info',
    adminUser: 'admin',
    corsOrigins: [],
    directLinkSeconds: 86_400,
    propfindLimit: 100_000,
    outgoingAllowed: [],
    pushProxies: [],
    webPush: 'all',
    mailFrom: undefined,
    phoneRegion: undefined,
    passwordLogin: true,
  })
  assert.equal(secrets.databaseUrl, undefined)
  assert.equal(secrets.adminPassword, undefined)
  assert.equal(secrets.metricsToken, undefined)
  assert.deepEqual(warnings, [])
  assert.equal(sources.port, 'default')
  assert.equal(sources.publicUrl, 'not set')
})

/** Without these, some others are refused. */
const NEEDED = {
  CLOUDLET_PUBLIC_URL: 'https://cloud.example.org',
  CLOUDLET_OIDC_ISSUER: 'https://login.example.org',
  CLOUDLET_OIDC_CLIENT_ID: 'cloudlet',
}

test('the example of every setting is accepted', () => {
  for (const { variable, example } of Object.values(SETTINGS)) load({ ...NEEDED, [variable]: example })
})

const GOOD: readonly (readonly [variable: string, text: string, name: keyof Loaded['config'], value: unknown])[] = [
  ['CLOUDLET_HOST', '::', 'host', '::'],
  ['CLOUDLET_HOST', 'localhost', 'host', 'localhost'],
  ['CLOUDLET_HOST', 'cloud-1.lan', 'host', 'cloud-1.lan'],
  ['CLOUDLET_PORT', '0', 'port', 0],
  ['CLOUDLET_PORT', '65535', 'port', 65_535],
  ['CLOUDLET_DATA', '/srv/cloudlet/', 'dataFolder', '/srv/cloudlet'],
  ['CLOUDLET_PUBLIC_URL', 'https://cloud.example.org', 'publicUrl', 'https://cloud.example.org'],
  ['CLOUDLET_PUBLIC_URL', 'https://Cloud.Example.org/', 'publicUrl', 'https://cloud.example.org'],
  ['CLOUDLET_PUBLIC_URL', 'https://cloud.example.org:443', 'publicUrl', 'https://cloud.example.org'],
  ['CLOUDLET_PUBLIC_URL', 'http://[::1]:8080', 'publicUrl', 'http://[::1]:8080'],
  [
    'CLOUDLET_OUTGOING_ALLOWED',
    'Push.LAN, localhost,10.0.0.0/8, loopback, fd00::/8',
    'outgoingAllowed',
    ['push.lan', 'localhost', '10.0.0.0/8', '127.0.0.0/8', '::1', 'fd00::/8'],
  ],
  ['CLOUDLET_PUSH_PROXIES', 'Push.Example.org, localhost:9911', 'pushProxies', ['push.example.org', 'localhost:9911']],
  ['CLOUDLET_TRUSTED_PROXIES', 'loopback', 'trustedProxies', ['127.0.0.0/8', '::1']],
  [
    'CLOUDLET_TRUSTED_PROXIES',
    ' 10.0.0.1 ,10.0.0.0/8,, 2001:db8::1, fd00::/8',
    'trustedProxies',
    ['10.0.0.1', '10.0.0.0/8', '2001:db8::1', 'fd00::/8'],
  ],
  ['CLOUDLET_LOG_LEVEL', 'debug', 'logLevel', 'debug'],
  ['CLOUDLET_BLOBS', 'disk', 'blobs', 'disk'],
  ['CLOUDLET_BLOBS', 's3://cloudlet', 'blobs', 's3://cloudlet'],
  ['CLOUDLET_BLOBS', 's3://cloudlet/', 'blobs', 's3://cloudlet'],
  ['CLOUDLET_BLOBS', 's3://my.cloud-1/a/b_c/', 'blobs', 's3://my.cloud-1/a/b_c'],
  ['CLOUDLET_S3_ENDPOINT', 'http://127.0.0.1:9000', 's3Endpoint', 'http://127.0.0.1:9000'],
  [
    'CLOUDLET_S3_ENDPOINT',
    'https://store.example.org/storage/s3/',
    's3Endpoint',
    'https://store.example.org/storage/s3',
  ],
  ['CLOUDLET_S3_PATH_STYLE', 'no', 's3PathStyle', false],
  ['CLOUDLET_ADMIN_USER', 'Renée', 'adminUser', 'Renée'],
  [
    'CLOUDLET_CORS_ORIGINS',
    'https://app.example.org, http://localhost:3000/',
    'corsOrigins',
    ['https://app.example.org', 'http://localhost:3000'],
  ],
]

describe('accepted values', () => {
  for (const [variable, text, name, value] of GOOD) {
    test(`${variable}=${text}`, () => {
      const { config, sources } = load({ [variable]: text })
      assert.deepEqual(config[name], value)
      assert.equal(sources[name], variable)
    })
  }
})

const BAD: readonly (readonly [variable: string, text: string, says: RegExp])[] = [
  ['CLOUDLET_HOST', ' ', /must be an address or a host name/],
  ['CLOUDLET_HOST', '0.0.0.0:8080', /without a port/],
  ['CLOUDLET_HOST', '[::1]', /must be an address/],
  ['CLOUDLET_HOST', 'http://localhost', /must be an address/],
  ['CLOUDLET_PORT', '65536', /from 0 to 65535/],
  ['CLOUDLET_PORT', '-1', /from 0 to 65535/],
  ['CLOUDLET_PORT', '80.5', /from 0 to 65535/],
  ['CLOUDLET_PORT', '0x50', /from 0 to 65535/],
  ['CLOUDLET_PORT', '8e3', /from 0 to 65535/],
  ['CLOUDLET_PORT', 'http', /from 0 to 65535/],
  ['CLOUDLET_DATA', ' ', /must not be empty/],
  ['CLOUDLET_OUTGOING_ALLOWED', 'https://push.lan', /must be host names/],
  ['CLOUDLET_OUTGOING_ALLOWED', '10.0.0.0/33', /must be host names/],
  ['CLOUDLET_OUTGOING_ALLOWED', '300.1.1.1', /must be host names/],
  ['CLOUDLET_OUTGOING_ALLOWED', '*.lan', /must be host names/],
  ['CLOUDLET_PUSH_PROXIES', 'https://push.example.org', /must be host names/],
  ['CLOUDLET_PUSH_PROXIES', 'push.example.org:x', /must be host names/],
  ['CLOUDLET_PUSH_PROXIES', 'a b', /must be host names/],
  ['CLOUDLET_WEB_PUSH', 'on', /must be one of all, apps, off/],
  ['CLOUDLET_PUBLIC_URL', 'cloud.example.org', /such as https:/],
  ['CLOUDLET_PUBLIC_URL', 'ftp://cloud.example.org', /such as https:/],
  ['CLOUDLET_PUBLIC_URL', 'https:cloud.example.org', /such as https:/],
  ['CLOUDLET_PUBLIC_URL', 'https://', /such as https:/],
  ['CLOUDLET_PUBLIC_URL', 'https://cloud example.org', /such as https:/],
  ['CLOUDLET_PUBLIC_URL', 'https://me@cloud.example.org', /such as https:/],
  ['CLOUDLET_PUBLIC_URL', 'https://:word@cloud.example.org', /such as https:/],
  ['CLOUDLET_PUBLIC_URL', 'https://example.org/cloud', /cannot be served below a path/],
  ['CLOUDLET_PUBLIC_URL', 'https://example.org/?a=1', /cannot be served below a path/],
  ['CLOUDLET_PUBLIC_URL', 'https://example.org/#a', /cannot be served below a path/],
  ['CLOUDLET_TRUSTED_PROXIES', '10.0.0.0/33', /"10\.0\.0\.0\/33" is none/],
  ['CLOUDLET_TRUSTED_PROXIES', '10.0.0.0/', /is none/],
  ['CLOUDLET_TRUSTED_PROXIES', '10.0.0.0/8/8', /is none/],
  ['CLOUDLET_TRUSTED_PROXIES', '10', /"10" is none/],
  ['CLOUDLET_TRUSTED_PROXIES', '10/8', /is none/],
  ['CLOUDLET_TRUSTED_PROXIES', 'fd00::/129', /is none/],
  ['CLOUDLET_TRUSTED_PROXIES', '::ffff:10.0.0.1', /is none/],
  ['CLOUDLET_TRUSTED_PROXIES', 'loopback, proxy.lan', /"proxy\.lan" is none/],
  ['CLOUDLET_LOG_LEVEL', 'verbose', /one of debug, info, warn, error/],
  ['CLOUDLET_LOG_LEVEL', 'INFO', /one of debug, info, warn, error/],
  ['CLOUDLET_ADMIN_USER', '  ', /must not be empty/],
  ['CLOUDLET_BLOBS', 's3', /must be disk, or a bucket/],
  ['CLOUDLET_BLOBS', 's3://', /must be disk, or a bucket/],
  ['CLOUDLET_BLOBS', 's3:/bucket', /must be disk, or a bucket/],
  ['CLOUDLET_BLOBS', 's3://bucket//prefix', /must be disk, or a bucket/],
  ['CLOUDLET_BLOBS', 's3://bucket/../other', /must be disk, or a bucket/],
  ['CLOUDLET_BLOBS', 's3://bucket/a b', /must be disk, or a bucket/],
  ['CLOUDLET_BLOBS', 's3://key:word@bucket', /must be disk, or a bucket/],
  ['CLOUDLET_BLOBS', 'https://s3.example.org/bucket', /must be disk, or a bucket/],
  ['CLOUDLET_S3_ENDPOINT', 's3.example.org', /such as https:/],
  ['CLOUDLET_S3_ENDPOINT', 'https://s3.example.org/?x=1', /no question mark/],
  ['CLOUDLET_S3_PATH_STYLE', 'true', /one of yes, no/],
  ['CLOUDLET_CORS_ORIGINS', '*', /such as https:/],
  ['CLOUDLET_CORS_ORIGINS', 'https://app.example.org/page', /nothing behind them/],
]

describe('refused values: the message names the setting, the value and what is accepted', () => {
  for (const [variable, text, says] of BAD) {
    test(`${variable}=${text}`, () => {
      const message = refusal({ [variable]: text })
      assert.ok(message.startsWith(`${variable} must `), message)
      assert.match(message, says)
      assert.match(message, /\(it is ".*"\)$/)
      assert.ok(!message.includes('\n'))
    })
  }
})

test('a bad value cannot add lines, and is shown short and without the password of an address', () => {
  assert.ok(!refusal({ CLOUDLET_PORT: '80\nCLOUDLET_HOST is fine' }).includes('\n'))
  assert.ok(refusal({ CLOUDLET_PORT: '8'.repeat(10_000) }).length < 400)
  assert.ok(!refusal({ CLOUDLET_PUBLIC_URL: 'https://me:opensesame@cloud.example.org' }).includes('opensesame'))
})

const BAD_SECRETS: readonly (readonly [variable: string, text: string, says: RegExp])[] = [
  ['CLOUDLET_DATABASE_URL', 'mysql://cloudlet:opensesame@db/cloudlet', /must be postgres:/],
  ['CLOUDLET_DATABASE_URL', 'postgres:opensesame', /must be postgres:/],
  ['CLOUDLET_DATABASE_URL', 'postgres://cloudlet:opensesame@db:99999/x', /must be postgres:/],
  ['CLOUDLET_METRICS_TOKEN', 'opensesame12345', /16 characters or more/],
]

describe('refused secrets: the message does not hold them', () => {
  for (const [variable, text, says] of BAD_SECRETS) {
    test(`${variable}=${text}`, () => {
      for (const message of [refusal({ [variable]: text }), refusal({ [`${variable}_FILE`]: fileWith(text) })]) {
        assert.ok(message.startsWith(variable), message)
        assert.match(message, says)
        assert.ok(!message.includes('opensesame'), message)
      }
    })
  }

  test('an error has no cause that would hold them', () => {
    assert.throws(
      () => load({ CLOUDLET_METRICS_TOKEN: 'opensesame' }),
      (error) => !inspect(error, { depth: 9 }).includes('opensesame'),
    )
  })
})

test('all problems are told at once, a line each', () => {
  const lines = refusal({ CLOUDLET_PORT: 'x', CLOUDLET_LOG_LEVEL: 'y', CLOUDLET_METRICS_TOKEN: 'z' }).split('\n')
  assert.deepEqual(
    lines.map((line) => line.split(' ')[0]),
    ['CLOUDLET_PORT', 'CLOUDLET_LOG_LEVEL', 'CLOUDLET_METRICS_TOKEN'],
  )
})

describe('values from files', () => {
  test('every variable has one', () => {
    for (const { variable, example } of Object.values(SETTINGS)) {
      const { [variable as keyof typeof NEEDED]: _, ...others } = NEEDED
      const { sources } = load({ ...others, [`${variable}_FILE`]: fileWith(`${example}\n`) })
      assert.ok(Object.values(sources).includes(`${variable}_FILE`))
    }
  })

  for (const [content, value] of [
    ['opensesame', 'opensesame'],
    ['opensesame\n', 'opensesame'],
    ['opensesame\r\n', 'opensesame'],
    ['opensesame\n\n', 'opensesame\n'],
    [' open sesame ', ' open sesame '],
    ['pässword', 'pässword'],
  ] as const) {
    test(`${JSON.stringify(content)} loses one final newline and nothing else`, () => {
      assert.equal(load({ CLOUDLET_ADMIN_PASSWORD_FILE: fileWith(content) }).secrets.adminPassword, value)
    })
  }

  test('both set is refused, without either value', () => {
    const file = fileWith('opensesame')
    const message = refusal({ CLOUDLET_ADMIN_PASSWORD: 'opensesame', CLOUDLET_ADMIN_PASSWORD_FILE: file })
    assert.match(message, /^CLOUDLET_ADMIN_PASSWORD and CLOUDLET_ADMIN_PASSWORD_FILE are both set/)
    assert.ok(!message.includes('opensesame'))
  })

  test('an empty variable counts as not set', () => {
    const file = fileWith('from the file')
    const { secrets } = load({ CLOUDLET_ADMIN_PASSWORD: '', CLOUDLET_ADMIN_PASSWORD_FILE: file, CLOUDLET_PORT: '' })
    assert.equal(secrets.adminPassword, 'from the file')
    const other = load({ CLOUDLET_ADMIN_PASSWORD: 'from the variable', CLOUDLET_ADMIN_PASSWORD_FILE: '' })
    assert.equal(other.secrets.adminPassword, 'from the variable')
  })

  test('a file that is missing, or a folder, is named with its variable', () => {
    const missing = join(folder, 'missing')
    assert.equal(
      refusal({ CLOUDLET_METRICS_TOKEN_FILE: missing }),
      `CLOUDLET_METRICS_TOKEN_FILE names the file "${missing}", which cannot be read (ENOENT)`,
    )
    assert.match(refusal({ CLOUDLET_PORT_FILE: folder }), /^CLOUDLET_PORT_FILE .*\(EISDIR\)$/)
  })

  test('an empty file is not an empty password', () => {
    assert.equal(
      refusal({ CLOUDLET_ADMIN_PASSWORD_FILE: fileWith('\n') }),
      'CLOUDLET_ADMIN_PASSWORD_FILE must not be empty',
    )
  })
})

describe('settings of the object storage', () => {
  test('the two halves of the access key belong together', () => {
    const both = /^CLOUDLET_S3_ACCESS_KEY_ID and CLOUDLET_S3_SECRET_ACCESS_KEY must be set both, or neither$/
    const bucket = { CLOUDLET_BLOBS: 's3://cloudlet' }
    assert.match(refusal({ ...bucket, CLOUDLET_S3_ACCESS_KEY_ID: 'opensesame' }), both)
    assert.match(refusal({ ...bucket, CLOUDLET_S3_SECRET_ACCESS_KEY: 'opensesame' }), both)
    assert.equal(load(bucket).secrets.s3AccessKeyId, undefined)
  })

  test('without a bucket they are told to have no effect', () => {
    const file = fileWith('opensesame')
    assert.deepEqual(load({ CLOUDLET_S3_REGION: 'eu', CLOUDLET_S3_SECRET_ACCESS_KEY_FILE: file }).warnings, [
      'CLOUDLET_S3_REGION has no effect: CLOUDLET_BLOBS names no bucket',
      'CLOUDLET_S3_SECRET_ACCESS_KEY_FILE has no effect: CLOUDLET_BLOBS names no bucket',
    ])
    assert.deepEqual(load({ CLOUDLET_S3_REGION: 'eu', CLOUDLET_BLOBS: 's3://cloudlet' }).warnings, [])
  })
})

describe('unknown variables', () => {
  for (const [given, meant] of [
    ['CLOUDLET_PROT', 'CLOUDLET_PORT'],
    ['CLOUDLET_LOGLEVEL', 'CLOUDLET_LOG_LEVEL'],
    ['CLOUDLET_TRUSTED_PROXY', 'CLOUDLET_TRUSTED_PROXIES'],
    ['CLOUDLET_ADMIN_PASWORD_FILE', 'CLOUDLET_ADMIN_PASSWORD_FILE'],
    ['CLOUDLET_DATABASE', 'CLOUDLET_DATABASE_URL'],
    ['CLOUDLET_DATA_FOLDER', 'CLOUDLET_DATA'],
  ] as const) {
    test(`${given} is told, with ${meant}`, () => {
      const { warnings } = load({ [given]: 'opensesame' })
      assert.deepEqual(warnings, [`${given} is no setting of Cloudlet; did you mean ${meant}?`])
    })
  }

  test('nothing is guessed when nothing is near', () => {
    assert.deepEqual(load({ CLOUDLET_ELEPHANTS: '1' }).warnings, ['CLOUDLET_ELEPHANTS is no setting of Cloudlet'])
    assert.deepEqual(load({ CLOUDLET_SECRET: '1' }).warnings, ['CLOUDLET_SECRET is no setting of Cloudlet'])
  })

  test('variables of others, and those of the tests, are none of our business', () => {
    const env = { PATH: '/bin', OC_PASS: 'x', MY_CLOUDLET_PORT: '1', CLOUDLET_TEST_POSTGRES: 'x' }
    assert.deepEqual(load(env).warnings, [])
  })
})

describe('what comes out', () => {
  const env = {
    CLOUDLET_DATABASE_URL: 'postgresql://cloudlet:opensesame@db/cloudlet',
    CLOUDLET_ADMIN_PASSWORD: 'opensesame',
    CLOUDLET_METRICS_TOKEN: 'opensesame-and-more',
    CLOUDLET_TRUSTED_PROXIES: 'loopback',
    CLOUDLET_CORS_ORIGINS: 'https://app.example.org',
  }

  test('the configuration cannot be changed, neither can its lists', () => {
    const { config, secrets } = load(env)
    for (const value of [config, config.trustedProxies, config.corsOrigins, secrets]) {
      assert.ok(Object.isFrozen(value))
    }
    assert.throws(() => Object.assign(config, { port: 1 }), TypeError)
  })

  test('secrets can be read by name', () => {
    const { secrets } = load(env)
    assert.equal(secrets.databaseUrl, env.CLOUDLET_DATABASE_URL)
    assert.equal(secrets.adminPassword, env.CLOUDLET_ADMIN_PASSWORD)
    assert.equal(secrets.metricsToken, env.CLOUDLET_METRICS_TOKEN)
  })

  test('secrets do not show when anything is printed, written as JSON, copied or put into a text', () => {
    const loaded = load(env)
    const { secrets } = loaded
    const shown = [
      JSON.stringify(loaded),
      JSON.stringify({ ...secrets }),
      inspect(loaded, { depth: 9 }),
      inspect(secrets, { showHidden: true }),
      `${secrets}`,
    ]
    for (const text of shown) assert.ok(!text.includes('opensesame'), text)
  })
})
