import type { ValidateFunction } from 'ajv'
import type { TObject, TSchema } from 'typebox'
import type { FormFields } from '../http/form.ts'
import { Fault } from '../lib/fault.ts'
import type { Json } from '../lib/json.ts'

type Fields = Record<string, unknown>
export type CheckInput = (query: FormFields, body: FormFields | Readonly<Record<string, Json>> | undefined) => Fields

/** Names that belong to the engine and reach no endpoint. */
const ENGINE_FIELDS = new Set(['format', 'requesttoken'])

/**
 * Makes the check of an endpoint's input: joins query and body (the body wins), converts texts to what the schema asks
 * for, and throws Fault `bad-request` naming the field. A body field that the schema does not know is refused; an unknown
 * query parameter is ignored, because clients add some against caches.
 */
export async function createCheckInput(schema: TObject): Promise<CheckInput> {
  const validate = await compile(schema)
  const properties = schema.properties as Readonly<Record<string, TSchema>>
  return (query, body) => {
    const fields: Fields = {}
    for (const name of Object.keys(properties)) {
      const value = body?.[name] ?? query[name]
      if (value !== undefined) fields[name] = phpBoolean(properties[name], value)
    }
    if (body !== undefined) refuseUnknown(body, properties)
    if (!validate(fields)) throw inputFault(validate)
    return fields
  }
}

/** The same for an endpoint without parameters. */
export const checkNoInput: CheckInput = (_query, body) => {
  if (body !== undefined) refuseUnknown(body, {})
  return {}
}

async function compile(schema: TObject): Promise<ValidateFunction> {
  // Loaded with the first request that brings parameters, not while the server starts.
  const { Ajv } = await import('ajv')
  return new Ajv({ coerceTypes: true, useDefaults: true, strict: false, validateFormats: false }).compile(schema)
}

function refuseUnknown(body: object, properties: Readonly<Record<string, TSchema>>): void {
  for (const name of Object.keys(body)) {
    if (name in properties || ENGINE_FIELDS.has(name)) continue
    throw new Fault('bad-request', `Unknown parameter "${name.slice(0, 64)}"`, { field: name.slice(0, 64) })
  }
}

/** PHP clients write true and false as 1 and 0, or as an empty text. */
function phpBoolean(schema: TSchema | undefined, value: unknown): unknown {
  if ((schema as { type?: string } | undefined)?.type !== 'boolean') return value
  if (value === '1' || value === 'on' || value === 'yes') return true
  if (value === '0' || value === '' || value === 'no') return false
  return value
}

function inputFault(validate: ValidateFunction): Fault {
  const error = validate.errors?.[0]
  const missing = error?.keyword === 'required' ? String(error.params['missingProperty']) : undefined
  const field = missing ?? error?.instancePath.split('/')[1] ?? 'request'
  const problem = missing === undefined ? `Parameter "${field}" ${error?.message ?? 'is not valid'}` : undefined
  return new Fault('bad-request', problem ?? `Required parameter "${field}" is missing`, { field })
}
