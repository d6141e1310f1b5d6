import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Fault, type FaultKind } from '../lib/fault.ts'
import { parseMultipartBody } from './multipart.ts'

const TYPE = 'multipart/form-data; boundary=edge'
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')
const part = (disposition: string, value: string, more = ''): string =>
  `--edge\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n${value}\r\n`
const END = '--edge--\r\n'
const read = async (text: string, type = TYPE): Promise<unknown> =>
  JSON.parse(JSON.stringify(await parseMultipartBody(bytes(text), type)))

describe('multipart forms', () => {
  for (const [what, text, expected] of [
    ['nothing', '', {}],
    ['no parts', END, {}],
    [
      'as curl -F writes it',
      part('name="key"', 'phone') + part('name="value"', '1=2&3') + END,
      { key: 'phone', value: '1=2&3' },
    ],
    [
      'names of PHP clients',
      part('name="a[]"', '1') + part('name="a[]"', '2') + part('name="b[c]"', '3') + END,
      { a: ['1', '2'], b: { c: '3' } },
    ],
    ['the last of several', part('name="a"', '1') + part('name="a"', '2') + END, { a: '2' }],
    ['UTF-8', part('name="\xc3\xa4"', '\xe2\x82\xac') + END, { ä: '€' }],
    [
      'a part with a type of its own',
      part('name="a"', '1', 'Content-Type: text/plain; charset=utf-8\r\n') + END,
      { a: '1' },
    ],
    ['text before and behind', `before\r\n${part('name="a"', '1')}${END}behind`, { a: '1' }],
    ['lines in a value', part('name="a"', '1\r\n--edg\r\n') + END, { a: '1\r\n--edg\r\n' }],
  ] as const) {
    test(what, async () => assert.deepEqual(await read(text), expected))
  }

  test('a boundary in quotes, and other parameters beside it', async () => {
    assert.deepEqual(await read(part('name="a"', '1') + END, 'Multipart/Form-Data; charset=utf-8; boundary="edge"'), {
      a: '1',
    })
  })

  for (const [what, text, type, kind] of [
    ['a file', part('name="a"; filename="a.txt"', '1') + END, TYPE, 'unsupported'],
    ['no boundary', part('name="a"', '1') + END, 'multipart/form-data', 'bad-request'],
    ['another boundary', part('name="a"', '1') + END, 'multipart/form-data; boundary=other', 'bad-request'],
    ['no end', part('name="a"', '1'), TYPE, 'bad-request'],
    ['an end inside the headers', '--edge\r\nContent-Disposition: form-data; name="a', TYPE, 'bad-request'],
    ['a part without a name', '--edge\r\nContent-Type: text/plain\r\n\r\n1\r\n--edge--', TYPE, 'bad-request'],
    ['broken UTF-8', part('name="a"', '\xff') + END, TYPE, 'bad-request'],
    ['a name nested too deep', part(`name="a${'[b]'.repeat(9)}"`, '1') + END, TYPE, 'bad-request'],
    ['more parts than anybody needs', part('name="a"', '1').repeat(1_001) + END, TYPE, 'too-large'],
  ] as const satisfies readonly (readonly [string, string, string, FaultKind])[]) {
    test(`${what} is refused`, async () => {
      await assert.rejects(
        parseMultipartBody(bytes(text), type),
        (error) => error instanceof Fault && error.kind === kind,
      )
    })
  }

  test('whatever is sent, it is read or refused', async () => {
    const piece = fc.constantFrom(
      '--edge',
      '\r\n',
      '--',
      'Content-Disposition: form-data; name="a"',
      ': ',
      '"',
      '\xff',
      'x',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        await parseMultipartBody(bytes(pieces.join('')), TYPE).catch((error) => assert.ok(error instanceof Fault))
      }),
    )
  })
})
