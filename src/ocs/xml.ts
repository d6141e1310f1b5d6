import type { Json } from '../lib/json.ts'
import { escapeText } from '../lib/xml-text.ts'

/**
 * Writes JSON data as OCS writes XML (observed on the wire: recordings ocs-envelope, capabilities): one blank of
 * indentation a level, list entries as `element`, true as 1, false and the empty text as an empty pair of tags, null
 * and empty lists and objects as a self-closing tag.
 */
export function writeXml(name: string, value: Json | undefined, depth: number): string {
  const indent = ' '.repeat(depth)
  const tag = isXmlName(name) ? name : 'element'
  if (value === null || value === undefined) return `${indent}<${tag}/>\n`
  if (typeof value !== 'object') return `${indent}<${tag}>${scalarText(value)}</${tag}>\n`
  const members = writeMembers(value, depth + 1)
  return members === '' ? `${indent}<${tag}/>\n` : `${indent}<${tag}>\n${members}${indent}</${tag}>\n`
}

function writeMembers(value: readonly Json[] | { readonly [name: string]: Json | undefined }, depth: number): string {
  let text = ''
  if (Array.isArray(value)) {
    for (const entry of value as readonly Json[]) text += writeXml('element', entry, depth)
    return text
  }
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) text += writeXml(name, member, depth)
  }
  return text
}

function scalarText(value: string | number | boolean): string {
  if (typeof value === 'string') return escapeText(value)
  if (typeof value === 'number') return String(value)
  return value ? '1' : ''
}

function isXmlName(name: string): boolean {
  return /^[A-Za-z_][\w.-]*$/.test(name)
}
