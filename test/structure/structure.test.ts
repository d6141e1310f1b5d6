import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'
import { test } from 'node:test'

/** Every folder of `src` and how high it stands. An import may only go down, or stay in its own folder. */
const LAYERS: Readonly<Record<string, number>> = {
  lib: 0,
  config: 1,
  db: 1,
  http: 2,
  ocs: 3,
  cli: 3,
  features: 4,
  main: 5,
}

/** Which feature may import which other, through its `index.ts` alone. It must stay free of circles. */
const FEATURE_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  users: ['groups'],
  auth: ['users'],
}

/** Functions over the limit, each with its reason. */
const LONG_FUNCTIONS: Readonly<Record<string, string>> = {
  createThemingService: 'the methods of one service, side by side',
  createGroups: 'the methods of one service, side by side',
  createAppPasswords: 'the methods of one service, side by side',
  createAuthenticator: 'the ways in share what is remembered of them',
  createPostgresStamps: 'one connection with its state and its reconnecting',
}

const MAX_FILE_LINES = 400
const MAX_FUNCTION_LINES = 60

interface Source {
  readonly file: string
  readonly text: string
}

const sources: readonly Source[] = globSync('{src,bin}/**/*.ts').map((file) => ({
  file,
  text: readFileSync(file, 'utf8'),
}))
const code = sources.filter(({ file }) => !file.endsWith('.test.ts'))

interface Import {
  readonly from: string
  readonly to: string
}

/** Imports between our own files, dynamic ones too. */
function importsOf({ file, text }: Source): Import[] {
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)]
  return found.map(([, path]) => ({ from: file, to: normalize(join(dirname(file), path ?? '')) }))
}

const imports = code.flatMap(importsOf)
const layerOf = (file: string): string => file.split(sep)[1] ?? ''
const featureOf = (file: string): string | undefined => {
  const [, layer, feature, inner] = file.split(sep)
  return layer === 'features' && inner !== undefined ? feature : undefined
}

test('imports point down: lib, then config and db, then http, then ocs and cli, then features, then main', () => {
  const wrong = imports.filter(({ from, to }) => {
    if (!from.startsWith('src') || !to.startsWith('src') || layerOf(from) === layerOf(to)) return false
    return (LAYERS[layerOf(to)] ?? Number.NaN) >= (LAYERS[layerOf(from)] ?? Number.NaN)
  })
  assert.deepEqual(wrong, [])
  assert.deepEqual(
    code.filter(({ file }) => file.startsWith('src') && !(layerOf(file) in LAYERS)).map(({ file }) => file),
    [],
    'a folder without a layer',
  )
})

test('features import each other only through index.ts and along the list', () => {
  const between = imports.filter(({ from, to }) => {
    const [one, other] = [featureOf(from), featureOf(to)]
    return one !== undefined && other !== undefined && one !== other
  })
  const wrong = between.filter(({ from, to }) => {
    const allowed = FEATURE_IMPORTS[featureOf(from) ?? ''] ?? []
    return !to.endsWith(`${sep}index.ts`) || !allowed.includes(featureOf(to) ?? '')
  })
  assert.deepEqual(wrong, [])
  const used = new Set(between.map(({ from, to }) => `${featureOf(from)} ${featureOf(to)}`))
  const stale = Object.entries(FEATURE_IMPORTS)
    .flatMap(([one, others]) => others.map((other) => `${one} ${other}`))
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

test('in features only stores and migrations speak SQL', () => {
  const speaks = /\.(?:selectFrom|insertInto|updateTable|deleteFrom)\(|\bsql`/
  const wrong = code.filter(({ file, text }) => {
    const isAllowed = /(?:^|-)store\.ts$/.test(file.split(sep).at(-1) ?? '') || file.includes(`${sep}migrations${sep}`)
    return file.includes(`${sep}features${sep}`) && !isAllowed && speaks.test(text)
  })
  assert.deepEqual(
    wrong.map(({ file }) => file),
    [],
  )
})

test('only routes, pages and their like know the protocols', () => {
  const wrong = imports.filter(({ from, to }) => {
    const name = from.split(sep).at(-1) ?? ''
    const isInner = /^(?:service|store|accounts|editing|records)\.ts$/.test(name)
    return isInner && featureOf(from) !== undefined && layerOf(to) === 'ocs'
  })
  // The capability document is kept in its written form, so its service makes the engine's shared answer.
  assert.deepEqual(
    wrong.map(({ from }) => from),
    [join('src', 'features', 'capabilities', 'service.ts')],
  )
})

test(`files have at most ${MAX_FILE_LINES} lines`, () => {
  const long = sources.filter(({ text }) => text.split('\n').length > MAX_FILE_LINES).map(({ file }) => file)
  assert.deepEqual(long, [])
})

test(`functions have at most ${MAX_FUNCTION_LINES} lines`, () => {
  const long = code.flatMap(({ file, text }) =>
    functionLengths(text)
      .filter(({ lines }) => lines > MAX_FUNCTION_LINES)
      .map(({ name, lines }) => ({ name, where: `${file}: ${lines} lines` })),
  )
  assert.deepEqual(
    long.filter(({ name }) => !(name in LONG_FUNCTIONS)),
    [],
  )
  const stale = Object.keys(LONG_FUNCTIONS).filter((name) => !long.some((found) => found.name === name))
  assert.deepEqual(stale, [], 'listed, but short by now')
})

/** Top-level functions and their lengths: from their first line to the first line that is a closing brace alone. */
function functionLengths(text: string): { name: string; lines: number }[] {
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    const name = /^(?:export )?(?:async )?function\*? (\w+)/.exec(line)?.[1]
    if (name === undefined) return []
    const end = lines.findIndex((later, at) => at > index && later === '}')
    return [{ name, lines: end - index + 1 }]
  })
}

test('nothing below bin ends the process, and nothing in src prints past the streams it is given', () => {
  const wrong = code.filter(({ file, text }) => file.startsWith('src') && /process\.exit\(|\bconsole\.\w+\(/.test(text))
  assert.deepEqual(
    wrong.map(({ file }) => file),
    [],
  )
})

test('node:sqlite, pg and sharp are each known to few files', () => {
  const knowers = (name: string): string[] =>
    code.filter(({ text }) => new RegExp(`from '${name}'|import\\('${name}'\\)`).test(text)).map(({ file }) => file)
  assert.deepEqual(knowers('node:sqlite'), [join('src', 'db', 'sqlite-connection.ts')])
  assert.deepEqual(knowers('pg').toSorted(), [
    join('src', 'db', 'postgres-stamps.ts'),
    join('src', 'db', 'postgres.ts'),
  ])
  assert.deepEqual(knowers('sharp'), [join('src', 'features', 'theming', 'images.ts')])
})
