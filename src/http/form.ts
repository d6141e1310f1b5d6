import { Fault } from '../lib/fault.ts'

/** Parameters of a query or a form: texts, lists of texts, and nested groups of them. */
export type FormValue = string | FormValue[] | FormFields
export interface FormFields {
  [name: string]: FormValue
}

const MAX_PAIRS = 1_000
const MAX_DEPTH = 8
const MAX_KEY_CHARS = 512
const MAX_LIST_INDEX = 1_000

/** Reads `a=1&b[]=2&c[d]=3` as clients of PHP servers write it. A later value replaces an earlier one of the same name. */
export function parseForm(text: string): FormFields {
  const fields: FormFields = Object.create(null)
  if (text === '') return fields
  const pairs = text.split('&')
  limitPairs(pairs.length)
  for (const pair of pairs) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const key = decode(equals === -1 ? pair : pair.slice(0, equals))
    put(fields, keyPath(key), decode(equals === -1 ? '' : pair.slice(equals + 1)))
  }
  return fields
}

/** The same from names and values that are decoded already. */
export function formOf(pairs: readonly (readonly [name: string, value: string])[]): FormFields {
  const fields: FormFields = Object.create(null)
  limitPairs(pairs.length)
  for (const [name, value] of pairs) put(fields, keyPath(name), value)
  return fields
}

function limitPairs(count: number): void {
  if (count > MAX_PAIRS) throw new Fault('too-large', `More than ${MAX_PAIRS} parameters`)
}

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new Fault('bad-request', 'A parameter has a broken percent escape or is not UTF-8')
  }
}

/** `a[b][]` as `['a', 'b', '']`. A bracket that never closes belongs to the name. */
function keyPath(key: string): string[] {
  if (key.length > MAX_KEY_CHARS) throw new Fault('bad-request', 'A parameter name is too long')
  const open = key.indexOf('[')
  if (open < 1 || !key.endsWith(']')) return [key]
  const path = [key.slice(0, open), ...key.slice(open + 1, -1).split('][')]
  if (path.length > MAX_DEPTH) throw new Fault('bad-request', 'A parameter is nested too deep')
  return path
}

function put(fields: FormFields, path: readonly string[], value: string): void {
  let place: FormFields | FormValue[] = fields
  for (const [index, step] of path.entries()) {
    const last = index === path.length - 1
    const existing: FormValue | undefined = memberOf(place, step)
    const next: FormValue = last ? value : groupFor(existing, path[index + 1] ?? '')
    setMember(place, step, next)
    if (last) return
    place = next as FormFields | FormValue[]
  }
}

function groupFor(existing: FormValue | undefined, nextStep: string): FormFields | FormValue[] {
  if (Array.isArray(existing)) {
    if (isListStep(nextStep)) return existing
    return Object.assign(Object.create(null), { ...existing })
  }
  if (typeof existing === 'object') return existing
  return isListStep(nextStep) ? [] : Object.create(null)
}

function isListStep(step: string): boolean {
  return step === '' || /^\d{1,4}$/.test(step)
}

function memberOf(place: FormFields | FormValue[], step: string): FormValue | undefined {
  if (!Array.isArray(place)) return place[step]
  return step === '' ? undefined : place[Number(step)]
}

function setMember(place: FormFields | FormValue[], step: string, value: FormValue): void {
  if (!Array.isArray(place)) {
    place[step === '' ? String(Object.keys(place).length) : step] = value
    return
  }
  const index = step === '' ? place.length : Number(step)
  if (index > MAX_LIST_INDEX) throw new Fault('bad-request', 'A list parameter has too many entries')
  // A gap would make a sparse list; entries keep their order instead.
  if (index >= place.length) place.push(value)
  else place[index] = value
}
