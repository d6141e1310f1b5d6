import type { Json } from '../lib/json.ts'
import { escapeText } from '../lib/xml-text.ts'
import type { OcsVersion } from './status.ts'
import { writeXml } from './xml.ts'

export type OcsFormat = 'json' | 'xml'

export interface OcsMeta {
  readonly ok: boolean
  readonly code: number
  readonly message: string
  readonly totalItems?: number
  readonly itemsPerPage?: number
}

export const CONTENT_TYPE: Readonly<Record<OcsFormat, string>> = {
  json: 'application/json; charset=utf-8',
  xml: 'application/xml; charset=utf-8',
}

/**
 * The wrapper around every OCS answer (recording ocs-envelope). Version 1 always names `totalitems` and `itemsperpage`,
 * empty where they do not apply; version 2 never does. Without data it is an empty list; null is kept in JSON.
 */
export function writeEnvelope(version: OcsVersion, format: OcsFormat, meta: OcsMeta, data: Json | undefined): string {
  return format === 'json' ? writeJson(version, meta, data) : writeXmlEnvelope(version, meta, data)
}

function writeJson(version: OcsVersion, meta: OcsMeta, data: Json | undefined): string {
  const status = meta.ok ? 'ok' : 'failure'
  const head = `{"ocs":{"meta":{"status":"${status}","statuscode":${meta.code},"message":${JSON.stringify(meta.message)}`
  const totals =
    version === 'v1' ? `,"totalitems":${jsonTotal(meta.totalItems)},"itemsperpage":${jsonTotal(meta.itemsPerPage)}` : ''
  return `${head}${totals}},"data":${data === undefined ? '[]' : JSON.stringify(data)}}}`
}

function jsonTotal(count: number | undefined): string {
  return count === undefined ? '""' : `"${count}"`
}

function writeXmlEnvelope(version: OcsVersion, meta: OcsMeta, data: Json | undefined): string {
  const totals =
    version === 'v1'
      ? `  <totalitems>${meta.totalItems ?? ''}</totalitems>\n  <itemsperpage>${meta.itemsPerPage ?? ''}</itemsperpage>\n`
      : ''
  return `<?xml version="1.0"?>
<ocs>
 <meta>
  <status>${meta.ok ? 'ok' : 'failure'}</status>
  <statuscode>${meta.code}</statuscode>
  <message>${escapeText(meta.message)}</message>
${totals} </meta>
${writeXml('data', data ?? null, 1)}</ocs>
`
}
