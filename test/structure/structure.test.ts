import assert from 'node:assert/strict'
import { test } from 'node:test'
import packageJson from '../../package.json' with { type: 'json' }
import { CLOUDLET_VERSION } from '../../src/lib/version.ts'
import { findIn, functionsOf, importsOf, readSources } from './sources.ts'

/** Every folder of `src` and how high it stands. An import may only go down, or stay in its own folder. */
const LAYERS: Readonly<Record<string, number>> = {
  lib: 0,
  config: 1,
  db: 1,
  blobs: 1,
  jobs: 1.3,
  events: 1.6,
  http: 2,
  outgoing: 2,
  ocs: 3,
  cli: 3,
  dav: 3,
  features: 4,
  main: 5,
}

/** Which feature may import which other, through its `index.ts` alone. It must stay free of circles. */
const FEATURE_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  users: ['groups', 'preferences', 'app-config'],
  theming: ['preferences', 'app-config'],
  'password-links': ['auth', 'mail', 'users'],
  auth: ['users', 'notifications'],
  uploads: ['files'],
  files: ['notifications'],
  'direct-download': ['auth', 'files', 'notifications'],
  notifications: ['users'],
  'notify-push': ['auth'],
  'login-flow': ['auth'],
  'user-status': ['users'],
  'out-of-office': ['user-status', 'users'],
  avatars: ['users'],
  profile: ['users'],
  autocomplete: ['users'],
  oidc: ['auth', 'users', 'groups'],
}

/** Functions over the limit, each with its reason. */
const LONG_FUNCTIONS: Readonly<Record<string, string>> = {
  createThemingService: 'the methods of one service, side by side',
  createGroups: 'the methods of one service, side by side',
  createAuthenticator: 'the ways in share what is remembered of them',
  createPostgresStamps: 'one connection with its state and its reconnecting',
}

const MAX_FILE_LINES = 400
const MAX_FUNCTION_LINES = 60

const everything = readSources('{bin,src,scripts,test}/**/*.ts')
const code = everything.filter(({ file }) => /^(?:bin|src)\//.test(file) && !file.endsWith('.test.ts'))
const src = code.filter(({ file }) => file.startsWith('src/'))
const tests = everything.filter(({ file }) => file.endsWith('.test.ts'))
const imports = importsOf(code)

const where = (found: readonly { readonly where: string }[]): string[] => found.map((each) => each.where)

/** `db` of `src/db/open.ts`; undefined outside `src`. */
function layerOf(file: string): string | undefined {
  return /^src\/([^/]+)\//.exec(file)?.[1]
}

/** `auth` of `src/features/auth/store.ts`; undefined for what stands beside the features. */
function featureOf(file: string): string | undefined {
  return /^src\/features\/([^/]+)\//.exec(file)?.[1]
}

test('there is something to look at', () => {
  assert.ok(src.length > 50 && imports.length > 100 && tests.length > 1)
})

test('every folder of src has a layer', () => {
  const strangers = src.map(({ file }) => file).filter((file) => !((layerOf(file) ?? '') in LAYERS))
  assert.deepEqual(strangers, [])
})

test('imports point down: lib, then config and db, then http, then ocs and cli, then features, then main', () => {
  const wrong = imports.filter(({ from, to }) => {
    const [upper, lower] = [layerOf(from), layerOf(to)]
    if (upper === undefined) return lower !== 'main'
    if (lower === undefined) return true
    return upper !== lower && (LAYERS[lower] ?? Number.NaN) >= (LAYERS[upper] ?? Number.NaN)
  })
  assert.deepEqual(where(wrong), [])
})

test('features import each other only through index.ts and along the list', () => {
  const between = imports.filter(({ from, to }) => {
    const [one, other] = [featureOf(from), featureOf(to)]
    return one !== undefined && other !== undefined && one !== other
  })
  const wrong = between.filter(({ from, to }) => {
    const allowed = FEATURE_IMPORTS[featureOf(from) ?? ''] ?? []
    return !to.endsWith('/index.ts') || !allowed.includes(featureOf(to) ?? '')
  })
  assert.deepEqual(where(wrong), [])
  const used = new Set(between.map(({ from, to }) => `${featureOf(from)} -> ${featureOf(to)}`))
  const stale = Object.entries(FEATURE_IMPORTS)
    .flatMap(([one, others]) => others.map((other) => `${one} -> ${other}`))
    .filter((pair) => !used.has(pair))
  assert.deepEqual(stale, [], 'listed, but nobody imports it any more')
})

test('the list of feature imports has no circle', () => {
  const visit = (feature: string, path: readonly string[]): void => {
    assert.ok(!path.includes(feature), `circle: ${[...path, feature].join(' -> ')}`)
    for (const next of FEATURE_IMPORTS[feature] ?? []) visit(next, [...path, feature])
  }
  for (const feature of Object.keys(FEATURE_IMPORTS)) visit(feature, [])
})

test('nobody outside a feature looks further into it than its index.ts', () => {
  const wrong = imports.filter(({ from, to }) => {
    if (featureOf(from) !== undefined || featureOf(to) === undefined) return false
    return !to.endsWith('/index.ts')
  })
  assert.deepEqual(where(wrong), [])
})

const SPEAKS_SQL = /\.(?:selectFrom|insertInto|replaceInto|updateTable|deleteFrom|mergeInto)\(|\bsql(?:<[^`]*>)?`/

test('in features only stores and migrations speak SQL, and above the features nobody does', () => {
  const silent = src.filter(({ file }) => {
    const maySpeak = layerOf(file) === 'db' || /\/(?:[^/]+-)?store\.ts$|\/migrations\/[^/]+$/.test(file)
    return !maySpeak
  })
  assert.deepEqual(where(findIn(silent, SPEAKS_SQL)), [])
})

test('a store speaks only of tables that its own feature declares', () => {
  const owners = new Map<string, string | undefined>()
  for (const { file, match } of findIn(src, /interface Tables \{([^}]*)\}/)) {
    for (const [, table = ''] of (match[1] ?? '').matchAll(/^ *(\w+):/gm)) owners.set(table, featureOf(file))
  }
  const uses = findIn(src, /\.(?:selectFrom|\w+Into|updateTable|deleteFrom|\w+Join)\(\s*'(\w+)/)
  const inFeatures = uses.filter(({ file }) => featureOf(file) !== undefined && !file.includes('/migrations/'))
  assert.ok(inFeatures.length > 10, 'the pattern finds the uses')
  const wrong = inFeatures.filter(({ file, match }) => owners.get(match[1] ?? '') !== featureOf(file))
  assert.deepEqual(where(wrong), [])
})

test('only routes, pages and their like know the protocols', () => {
  const wrong = imports.filter(({ from, to }) => {
    const isInner = /\/(?:service|store|accounts|editing|records)\.ts$/.test(from)
    return isInner && featureOf(from) !== undefined && layerOf(to) === 'ocs'
  })
  // The capability document is kept in its written form, so its service makes the engine's shared answer.
  assert.deepEqual(
    wrong.map(({ from }) => from),
    ['src/features/capabilities/service.ts'],
  )
})

test(`files have at most ${MAX_FILE_LINES} lines`, () => {
  const long = everything
    .map(({ file, text }) => ({ file, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > MAX_FILE_LINES)
    .map(({ file, lines }) => `${file}:${MAX_FILE_LINES + 1}: it has ${lines} lines`)
  assert.deepEqual(long, [])
})

test(`functions have at most ${MAX_FUNCTION_LINES} lines`, () => {
  const long = code.flatMap(functionsOf).filter(({ lines }) => lines > MAX_FUNCTION_LINES)
  const wrong = long.filter(({ name }) => !Object.hasOwn(LONG_FUNCTIONS, name))
  assert.deepEqual(
    wrong.map((found) => `${found.where} has ${found.lines} lines`),
    [],
  )
  const stale = Object.keys(LONG_FUNCTIONS).filter((name) => !long.some((found) => found.name === name))
  assert.deepEqual(stale, [], 'listed, but short by now')
})

test('nothing below bin ends the process, and nothing in src prints past the streams it is given', () => {
  // Crash points kill the process as a power cut would, and only where a test asks for it.
  const others = src.filter(({ file }) => file !== 'src/lib/crash-point.ts')
  assert.deepEqual(where(findIn(others, /\bprocess\.(?:exit|abort|kill)\(|\bconsole\.\w+\(/)), [])
  assert.deepEqual(where(findIn(src, /\bprocess\.(?:stdout|stderr)\b/)), [])
})

test('node:sqlite, pg, sharp and the SDK of AWS are each known to few files', () => {
  const knowers = (name: string): string[] => [
    ...new Set(findIn(src, new RegExp(`(?:from |import\\()'${name}'`)).map(({ file }) => file)),
  ]
  assert.deepEqual(knowers('node:sqlite'), ['src/db/sqlite-connection.ts'])
  assert.deepEqual(knowers('@aws-sdk/client-s3'), ['src/blobs/s3-put.ts', 'src/blobs/s3.ts'])
  assert.deepEqual(knowers('pg'), ['src/db/postgres-stamps.ts', 'src/db/postgres.ts'])
  assert.deepEqual(knowers('sharp'), ['src/lib/image-library.ts'])
})

test('no test is left out by a word that was forgotten', () => {
  assert.deepEqual(where(findIn(tests, /\b(?:test|it|describe|suite)\.(?:only|todo)\(|\b(?:only|todo): true/)), [])
})

test('the version in the code is the one of the package', () => {
  assert.equal(CLOUDLET_VERSION, packageJson.version)
})
