import { SaxesParser } from 'saxes'
import { Fault } from '../../lib/fault.ts'
import { escapeText } from './write.ts'

/** An element of a request body. Names are in Clark notation: `{DAV:}prop`. */
export interface XmlElement {
  readonly name: string
  readonly children: readonly XmlElement[]
  /** The text directly inside, joined. */
  readonly text: string
}

interface Building {
  readonly name: string
  readonly children: XmlElement[]
  text: string
}

export const MAX_XML_BYTES = 1024 * 1024
const MAX_DEPTH = 64
const MAX_ELEMENTS = 20_000

const broken = (why: string): Fault => new Fault('bad-request', why)

/**
 * Reads a small XML document. No DOCTYPE, so no entities of its own; limits on size, depth and count, so that no
 * document costs more than it weighs. Throws Fault `bad-request`.
 */
export function readXml(bytes: Uint8Array): XmlElement {
  const parser = new SaxesParser({ xmlns: true, position: false })
  const open: Building[] = []
  let root: XmlElement | undefined
  let count = 0
  parser.on('doctype', () => {
    throw broken('A document type is not allowed in a request')
  })
  parser.on('error', (error) => {
    throw broken(`The XML cannot be read: ${error.message.slice(0, 200)}`)
  })
  parser.on('opentag', ({ uri, local }) => {
    count += 1
    if (open.length >= MAX_DEPTH || count > MAX_ELEMENTS) throw broken('The XML has too many elements')
    open.push({ name: `{${uri}}${local}`, children: [], text: '' })
  })
  const addText = (text: string): void => {
    const current = open.at(-1)
    if (current !== undefined) current.text += text
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    const element = open.pop()
    if (element === undefined) return
    const parent = open.at(-1)
    if (parent === undefined) root = element
    else parent.children.push(element)
  })
  parser.write(decodeXml(bytes)).close()
  if (root === undefined) throw broken('The XML has no root element')
  return root
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

/** What is inside an element as XML that stands for itself: every element carries its own namespace. */
export function innerXml({ text, children }: XmlElement): string {
  return escapeText(children.length > 0 ? text.trim() : text) + children.map(outerXml).join('')
}

function outerXml(element: XmlElement): string {
  const close = element.name.indexOf('}')
  const local = element.name.slice(close + 1)
  const inner = innerXml(element)
  const start = `<${local} xmlns="${escapeText(element.name.slice(1, close))}"`
  return inner === '' ? `${start}/>` : `${start}>${inner}</${local}>`
}
