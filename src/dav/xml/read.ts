import { SaxesParser } from 'saxes'
import { Fault } from '../../lib/fault.ts'
import { escapeAttribute, escapeText } from '../../lib/xml-text.ts'
import { PREFIXES, splitName } from './write.ts'

/** An element of a request body. Names are in Clark notation: `{DAV:}prop`. */
export interface XmlElement {
  readonly name: string
  /** Without declarations of namespaces. */
  readonly attributes: readonly XmlAttribute[]
  /** Text and elements in their order. */
  readonly content: readonly (string | XmlElement)[]
  readonly children: readonly XmlElement[]
  /** The text directly inside, joined. */
  readonly text: string
}

export interface XmlAttribute {
  readonly name: string
  readonly value: string
}

interface Building extends XmlElement {
  readonly content: (string | XmlElement)[]
  readonly children: XmlElement[]
  text: string
}

export const MAX_XML_BYTES = 1024 * 1024
const MAX_DEPTH = 64
const MAX_ELEMENTS = 20_000
const MAX_ATTRIBUTES = 5_000
/** Of an element or attribute with its namespace: it is repeated wherever the name is written. */
const MAX_NAME_CHARS = 1_000

const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace'
const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/'

const broken = (why: string): Fault => new Fault('bad-request', why)

/**
 * Reads a small XML document. No DOCTYPE, so no entities of its own; limits on size, depth and count, so that no
 * document costs more than it weighs. Throws Fault `bad-request`.
 */
export function readXml(bytes: Uint8Array): XmlElement {
  const parser = new SaxesParser({ xmlns: true, position: false })
  const open: Building[] = []
  let root: XmlElement | undefined
  const left = { elements: MAX_ELEMENTS, attributes: MAX_ATTRIBUTES }
  parser.on('doctype', () => {
    throw broken('A document type is not allowed in a request')
  })
  parser.on('error', (error) => {
    throw broken(`The XML cannot be read: ${error.message.slice(0, 200)}`)
  })
  parser.on('attribute', () => {
    left.attributes -= 1
    if (left.attributes < 0) throw broken('The XML has too many attributes')
  })
  parser.on('opentag', ({ uri, local, attributes }) => {
    left.elements -= 1
    if (open.length >= MAX_DEPTH || left.elements < 0) throw broken('The XML has too many elements')
    open.push({ name: nameOf(uri, local), attributes: attributesOf(attributes), content: [], children: [], text: '' })
  })
  const addText = (text: string): void => {
    const current = open.at(-1)
    if (current === undefined) return
    current.text += text
    current.content.push(text)
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    const element = open.pop()
    if (element === undefined) return
    const parent = open.at(-1)
    if (parent === undefined) root = element
    parent?.children.push(element)
    parent?.content.push(element)
  })
  parser.write(decodeXml(bytes)).close()
  if (root === undefined) throw broken('The XML has no root element')
  return root
}

/** The namespace of `xml:lang` holds no elements, and nothing may give it another prefix: it could not be written back. */
function nameOf(uri: string, local: string): string {
  if (uri === XML_NAMESPACE || uri === XMLNS_NAMESPACE) throw broken('The XML uses a reserved namespace')
  return clarkName(uri, local)
}

function clarkName(uri: string, local: string): string {
  if (uri.length + local.length > MAX_NAME_CHARS) throw broken('A name in the XML is too long')
  return `{${uri}}${local}`
}

interface ParsedAttribute {
  readonly uri: string
  readonly local: string
  readonly value: string
}

function attributesOf(parsed: Readonly<Record<string, ParsedAttribute>>): XmlAttribute[] {
  return Object.values(parsed)
    .filter(({ uri }) => uri !== XMLNS_NAMESPACE)
    .map(({ uri, local, value }) => ({ name: clarkName(uri, local), value }))
}

function decodeXml(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw broken('The XML is not UTF-8')
  }
}

export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((known) => known.name === name)
}

/**
 * What is inside an element, as XML for an answer in a place without a default namespace: with the prefixes that every
 * answer declares, and a namespace of its own where there is none.
 */
export function innerXml(element: XmlElement, namespaceAround = ''): string {
  return element.content
    .map((part) => (typeof part === 'string' ? escapeText(part) : outerXml(part, namespaceAround)))
    .join('')
}

function outerXml(element: XmlElement, namespaceAround: string): string {
  const { namespace, local } = splitName(element.name)
  const prefix = PREFIXES.get(namespace)
  const declaration =
    prefix !== undefined || namespace === namespaceAround ? '' : ` xmlns="${escapeAttribute(namespace)}"`
  const attributes = element.attributes.map((attribute, index) => ` ${attributeXml(attribute, `a${index}`)}`).join('')
  const inner = innerXml(element, prefix === undefined ? namespace : namespaceAround)
  const name = prefix === undefined ? local : `${prefix}:${local}`
  const start = `<${name}${declaration}${attributes}`
  return inner === '' ? `${start}/>` : `${start}>${inner}</${name}>`
}

function attributeXml({ name, value }: XmlAttribute, prefix: string): string {
  const { namespace, local } = splitName(name)
  const text = `${local}="${escapeAttribute(value)}"`
  if (namespace === '') return text
  if (namespace === XML_NAMESPACE) return `xml:${text}`
  return `${prefix}:${text} xmlns:${prefix}="${escapeAttribute(namespace)}"`
}
