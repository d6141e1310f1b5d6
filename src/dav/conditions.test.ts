import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../lib/fault.ts'
import { conditionsOf, parseIf, type ResourceState } from './conditions.ts'
import { encodePath } from './path.ts'

interface Written {
  readonly negated: boolean
  readonly token?: string
  readonly etag?: string
}

const word = fc.string({ unit: fc.constantFrom(...'abcXYZ019-:'), minLength: 1, maxLength: 8 })
const condition: fc.Arbitrary<Written> = fc
  .tuple(fc.boolean(), fc.boolean(), word)
  .map(([negated, isToken, text]) => (isToken ? { negated, token: `urn:${text}` } : { negated, etag: text }))
const lists = fc.array(
  fc.record({
    path: fc.option(fc.array(fc.constantFrom('a', 'ä', 'b c', '(', '<', '"', ']'), { maxLength: 3 }), {
      nil: undefined,
    }),
    conditions: fc.array(condition, { minLength: 1, maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 4 },
)
const blank = fc.constantFrom('', ' ', '  ', '\t')

type Lists = readonly { readonly path: readonly string[] | undefined; readonly conditions: readonly Written[] }[]

/** A tag holds until the next one (RFC 4918 section 10.4.2). */
function write(given: Lists, space: string, host: string): string {
  return given
    .map(({ path, conditions }) => {
      const tag = path === undefined ? '' : `<${host}${encodePath(path) || '/'}>${space}`
      const inner = conditions.map(({ negated, token, etag }) => {
        const state = token === undefined ? `["${etag}"]` : `<${token}>`
        return `${negated ? `Not${space}` : ''}${state}`
      })
      return `${tag}(${space}${inner.join(space)}${space})`
    })
    .join(space)
}

const known = (path: readonly string[] | undefined): string => JSON.stringify(path ?? null)

describe('the If header', () => {
  test('is read back as it was meant (RFC 4918 section 10.4.2)', () => {
    fc.assert(
      fc.property(
        lists,
        blank,
        fc.constantFrom('', 'http://cloud.test', 'https://u@[::1]:8443'),
        (given, space, host) => {
          let tag: readonly string[] | undefined
          const expected = given.map(({ path, conditions }) => {
            tag = path ?? tag
            return { path: tag, conditions }
          })
          assert.deepEqual(parseIf(write(given, space, host)), expected)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('holds when every condition of one of its lists holds (RFC 4918 section 10.4.3)', async () => {
    const state = fc.record({
      etag: fc.option(word, { nil: undefined }),
      mtimeMs: fc.constant(undefined),
      lockTokens: fc.array(
        word.map((text) => `urn:${text}`),
        { maxLength: 2 },
      ),
    })
    await fc.assert(
      fc.asyncProperty(
        lists,
        fc.dictionary(fc.constantFrom('null', '[]', '["a"]', '["b c"]'), state),
        async (given, states) => {
          const find = (path: readonly string[] | undefined): ResourceState =>
            states[known(path)] ?? { etag: undefined, mtimeMs: undefined, lockTokens: [] }
          let tag: readonly string[] | undefined
          const isTrue = given.map(({ path, conditions }) => {
            tag = path ?? tag
            const { etag, lockTokens } = find(tag)
            return conditions.every(({ negated, token, etag: wanted }) => {
              const holds = token === undefined ? etag === wanted : lockTokens.includes(token)
              return holds !== negated
            })
          })
          const checked = conditionsOf({ if: write(given, ' ', '') }).check(async (path) => find(path))
          if (isTrue.includes(true)) await checked
          else await assert.rejects(checked, { name: 'Fault', kind: 'precondition' })
        },
      ),
      { numRuns: 500 },
    )
  })

  for (const [what, header] of [
    ['of thousands of lists', '(<a>)'.repeat(1_600)],
    ['of hundreds of tags', '</a> (<b>) '.repeat(300)],
    ['beyond its length', `(<${'a'.repeat(9_000)}>)`],
    ['with an empty list', '()'],
    ['with a list that never ends', `(${'<a>'.repeat(2_000)}`],
    ['with a quote that never ends', `(["${'a'.repeat(8_000)}`],
    ['with brackets alone', '('.repeat(8_000)],
    ['with a tag and nothing for it', '</a>'],
    ['with a path that cannot be decoded', '</%zz> (<a>)'],
    ['with words between', '(<a>) or (<b>)'],
  ]) {
    test(`${what} is refused`, () => {
      assert.throws(() => parseIf(header ?? ''), { name: 'Fault', kind: 'bad-request' })
    })
  }

  test('of anything at all is read or refused, nothing else', () => {
    const text = fc.string({ unit: fc.constantFrom(...'()<>[]"" Notabc/:%2f'), maxLength: 60 })
    fc.assert(
      fc.property(text, (header) => {
        try {
          for (const { conditions } of parseIf(header)) assert.ok(conditions.length > 0)
        } catch (error) {
          assert.ok(error instanceof Fault && error.kind === 'bad-request', String(error))
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('submits the tokens of all its lists, whichever holds', () => {
    const { tokens } = conditionsOf({ if: '(<opaquelocktoken:a> ["e"]) </x> (Not <urn:b>)' })
    assert.deepEqual([...tokens], ['a', 'urn:b'])
  })
})

describe('If-Match and If-None-Match', () => {
  const own = (etag: string | undefined, mtimeMs?: number) => async () => ({ etag, mtimeMs, lockTokens: [] })
  const isHeld = async (headers: Parameters<typeof conditionsOf>[0], etag: string | undefined): Promise<boolean> => {
    try {
      await conditionsOf(headers).check(own(etag))
      return true
    } catch (error) {
      assert.ok(error instanceof Fault && error.kind === 'precondition')
      return false
    }
  }

  test('compare lists of etags, strong and weak, and know the star (RFC 9110 section 13.1)', async () => {
    for (const [header, etag, matches] of [
      ['"a"', 'a', true],
      ['"b", "a"', 'a', true],
      ['W/"a"', 'a', true],
      ['"b"', 'a', false],
      ['*', 'a', true],
      ['*', undefined, false],
      ['"a"', undefined, false],
      ['""', 'a', false],
    ] as const) {
      assert.equal(await isHeld({ 'if-match': header }, etag), matches, `If-Match: ${header} on ${etag}`)
      assert.equal(await isHeld({ 'if-none-match': header }, etag), !matches, `If-None-Match: ${header} on ${etag}`)
    }
  })

  test('all conditions of a request have to hold at once', async () => {
    assert.equal(await isHeld({ 'if-match': '"a"', if: '(["b"])' }, 'a'), false)
    assert.equal(await isHeld({ 'if-match': '"b"', if: '(["a"])' }, 'a'), false)
    assert.equal(await isHeld({ 'if-match': '"a"', if: '(["a"])' }, 'a'), true)
  })

  test('a date that is none asks nothing', async () => {
    assert.equal(conditionsOf({ 'if-unmodified-since': 'yesterday' }).isEmpty, true)
  })
})
