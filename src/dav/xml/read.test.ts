import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../lib/fault.ts'
import { escapeText } from '../../lib/xml-text.ts'
import { innerXml, MAX_XML_BYTES, readXml, type XmlElement } from './read.ts'
import { MULTISTATUS_START, splitName, Tags } from './write.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)
const refused = { name: 'Fault', kind: 'bad-request' }

const local = fc
  .string({ unit: fc.constantFrom('a', 'B', 'ü', '_', '-', '.', '1'), maxLength: 6 })
  .map((text) => `n${text}`)
/** Whatever an attribute can hold can be the name of a namespace. */
const namespace = fc
  .oneof(
    fc.constantFrom('', 'DAV:', 'http://owncloud.org/ns', 'urn:x', '}', '{a}b', 'q}x/><evil', '"\'&<', 'a b\tc\nd\re'),
    fc.string({ unit: fc.constantFrom(...'{}<>"\'&= /:ax\t\n\r'), maxLength: 8 }),
  )
  // The parser takes blanks at its ends away.
  .map((uri) => uri.trim())
const text = fc.string({
  unit: fc.constantFrom(...'ab <>&"\'\r\n\t', ']]>', 'ä', '😀', '\u0085'),
  minLength: 1,
  maxLength: 8,
})

const element: fc.Arbitrary<XmlElement> = fc.letrec<{ element: XmlElement; part: string | XmlElement }>((tie) => ({
  element: fc
    .record({
      name: fc.tuple(namespace, local).map(([uri, name]) => `{${uri}}${name}`),
      attributes: fc.uniqueArray(
        fc.record({
          name: fc.tuple(fc.oneof(fc.constant('http://www.w3.org/XML/1998/namespace'), namespace), local),
          value: text,
        }),
        { maxLength: 3, selector: ({ name }) => name.join('}') },
      ),
      content: fc.array(tie('part'), { maxLength: 4 }),
    })
    .map(({ name, attributes, content }) => build(name, attributes, content)),
  part: fc.oneof({ maxDepth: 3 }, text, tie('element')),
})).element

function build(
  name: string,
  attributes: readonly { readonly name: readonly [string, string]; readonly value: string }[],
  content: readonly (string | XmlElement)[],
): XmlElement {
  const joined: (string | XmlElement)[] = []
  for (const part of content) {
    const last = joined.at(-1)
    if (typeof part === 'string' && typeof last === 'string') joined[joined.length - 1] = last + part
    else joined.push(part)
  }
  return {
    name,
    attributes: attributes.map((attribute) => ({
      name: `{${attribute.name[0]}}${attribute.name[1]}`,
      value: attribute.value,
    })),
    content: joined,
    children: joined.filter((part) => typeof part !== 'string'),
    text: joined.filter((part) => typeof part === 'string').join(''),
  }
}

/** Text that came in pieces, as CDATA does, is one text. */
function joined({ name, attributes, content }: XmlElement): unknown {
  const parts: unknown[] = []
  let run = ''
  for (const part of content) {
    if (typeof part === 'string') run += part
    else {
      if (run !== '') parts.push(run)
      run = ''
      parts.push(joined(part))
    }
  }
  if (run !== '') parts.push(run)
  return { name, attributes: attributes.toSorted((a, b) => (a.name < b.name ? -1 : 1)), parts }
}

describe('XML of requests', () => {
  test('is written so that it is read back the same: names, attributes, text and their order', () => {
    fc.assert(
      fc.property(element, (given) => {
        const tags = new Tags()
        const document = `${MULTISTATUS_START}>${tags.element('{urn:value}value', innerXml(build('{urn:value}value', [], [given])))}</d:multistatus>`
        const [value] = readXml(bytes(document)).children
        assert.deepEqual(joined(value?.children[0] as XmlElement), joined(given))
      }),
      { numRuns: 500 },
    )
  })

  test('any name is echoed as itself, whatever its namespace holds (bug class: markup from a name)', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(namespace, local), { minLength: 1, maxLength: 5 }), (names) => {
        const tags = new Tags()
        const echoed = names.map(([uri, name]) => tags.element(`{${uri}}${name}`, '')).join('')
        const { children } = readXml(bytes(`${MULTISTATUS_START}>${echoed}</d:multistatus>`))
        assert.deepEqual(
          children.map(({ name }) => splitName(name)),
          names.map(([uri, name]) => ({ namespace: uri, local: name })),
        )
      }),
      { numRuns: 500 },
    )
  })

  test('text is read back as it was, or with U+FFFD for what XML cannot hold', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => text.isWellFormed()),
        (given) => {
          const read = readXml(bytes(`<a>${escapeText(given)}</a>`)).text
          assert.equal(read, given.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd'))
        },
      ),
      { numRuns: 500 },
    )
  })

  const many = (count: number, make: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => make(index)).join('')

  for (const [what, document] of [
    [
      'an entity bomb',
      `<!DOCTYPE a [<!ENTITY x "${'y'.repeat(1_000)}"><!ENTITY z "${'&x;'.repeat(1_000)}">]><a>&z;</a>`,
    ],
    ['an external entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ['a document type alone', '<!DOCTYPE a><a/>'],
    ['an external subset', '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>'],
    ['an entity that nobody has declared', '<a>&x;</a>'],
    ['100,000 nested elements', `${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}`],
    ['100,000 nested elements that never end', '<a>'.repeat(100_000)],
    ['a million siblings', `<a>${'<b/>'.repeat(1_000_000)}</a>`],
    ['100,000 attributes', `<a ${many(100_000, (index) => `a${index}="" `)}/>`],
    ['100,000 declared namespaces', `<a ${many(100_000, (index) => `xmlns:a${index}="" `)}/>`],
    ['an attribute twice', '<a b="" b=""/>'],
    ['the same attribute by two prefixes', '<a xmlns:x="u" xmlns:y="u" x:b="" y:b=""/>'],
    ['a huge name', `<${'a'.repeat(100_000)}/>`],
    [
      'a huge namespace that many elements would repeat',
      `<a xmlns="${'u'.repeat(40_000)}">${'<b/>'.repeat(10_000)}</a>`,
    ],
    ['a prefix without a namespace', '<x:a/>'],
    ['an element in the namespace of xml:lang', '<xml:a/>'],
    ['the namespace of declarations', '<a xmlns="http://www.w3.org/2000/xmlns/"/>'],
    ['two roots', '<a/><b/>'],
    ['no root', '  '],
    ['text around the root', 'x<a/>'],
    ['an end too many', '<a></a></a>'],
    ['a character that XML cannot hold', '<a>&#0;</a>'],
    ['half of a surrogate pair', '<a>&#xD800;</a>'],
    ['NUL', '<a>\0</a>'],
  ]) {
    test(`${what}: refused`, () => {
      assert.throws(() => readXml(bytes(document ?? '')), refused)
    })
  }

  for (const [what, document] of [
    ['UTF-16 with its mark, big endian', Buffer.from(Buffer.from('\ufeff<a/>', 'utf16le').swap16())],
    ['UTF-16 with its mark, little endian', Buffer.from('\ufeff<a/>', 'utf16le')],
    ['UTF-16 without a mark', Buffer.from('<a/>', 'utf16le')],
    ['UTF-32', Buffer.from([0, 0, 0xfe, 0xff, 0, 0, 0, 0x3c])],
    ['UTF-7', Buffer.from('+ADw-a+AD4-+ADw-/a+AD4-')],
    [
      'Latin-1 with a letter beyond ASCII',
      Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>ä</a>', 'latin1'),
    ],
    ['overlong UTF-8', Buffer.from([0x3c, 0x61, 0x3e, 0xc0, 0xbc, 0x3c, 0x2f, 0x61, 0x3e])],
    ['nothing', Buffer.alloc(0)],
  ] as const) {
    test(`${what}: refused`, () => {
      assert.throws(() => readXml(document), refused)
    })
  }

  test('UTF-8 with its mark is read, and so is what says so', () => {
    assert.equal(readXml(Buffer.from('\ufeff<?xml version="1.0" encoding="utf-8"?><a>ä</a>')).text, 'ä')
  })

  test('anything at all is read or refused, nothing else, and what is read is small', () => {
    const junk = fc.array(
      fc.oneof(
        fc.constantFrom(
          '<',
          '>',
          '/',
          '<a',
          '</a>',
          '<a>',
          ' b="',
          '"',
          '&',
          ';',
          '&#1',
          '<!',
          '<![CDATA[',
          ']]>',
          '<?',
          '?>',
          '--',
          'xmlns="',
        ),
        fc.string({ unit: 'binary', maxLength: 3 }),
      ),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(junk, (parts) => {
        const document = parts.join('')
        try {
          assert.ok(innerXml(readXml(bytes(document))).length <= document.length * 20)
        } catch (error) {
          assert.ok(error instanceof Fault && error.kind === 'bad-request', String(error))
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('the largest document that is read is not written back much larger', () => {
    const uri = 'u'.repeat(990)
    const inside = '<b xmlns=""/><b/>'.repeat(4_900)
    const root = readXml(bytes(`<a xmlns="${uri}">${inside}</a>`))
    assert.ok(innerXml(root).length < 12 * MAX_XML_BYTES)
  })
})
