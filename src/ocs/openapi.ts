import type { Json } from '../lib/json.ts'
import { CLOUDLET_VERSION } from '../lib/version.ts'
import type { OcsRoute } from './route.ts'

/** The OCS API as OpenAPI 3.1, from the route table itself. */
export function writeOpenApi(routes: readonly OcsRoute[]): Record<string, Json> {
  const paths: Record<string, Record<string, Json>> = {}
  for (const route of routes) {
    const path = `/ocs/v2.php${route.path.replace(/:(\w+)/g, '{$1}')}`
    const operations = paths[path] ?? {}
    operations[route.method.toLowerCase()] = operation(route)
    paths[path] = operations
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Cloudlet OCS API',
      version: CLOUDLET_VERSION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description:
        'Every path is also answered below /ocs/v1.php, where most answers have HTTP status 200 and the outcome is in statuscode.',
    },
    paths,
    components: {
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic', description: 'Login password or app password' },
        bearer: { type: 'http', scheme: 'bearer', description: 'App password' },
      },
    },
    security: [{ basic: [] }, { bearer: [] }],
  }
}

function operation(route: OcsRoute): Json {
  const { method, path, summary, auth } = route
  const inQuery = method === 'GET' || method === 'DELETE'
  const input = route.input === undefined ? undefined : plain(route.input)
  const parameters = [...pathParameters(path), ...commonParameters(), ...(inQuery ? queryParameters(input) : [])]
  const types = ['application/x-www-form-urlencoded', 'multipart/form-data', 'application/json']
  const content = Object.fromEntries(types.map((type) => [type, { schema: input }]))
  return {
    summary,
    operationId: operationId(method, path),
    tags: [path.split('/').slice(1, 3).join('/')],
    parameters,
    ...(inQuery || input === undefined ? {} : { requestBody: { content } }),
    ...(auth === 'public' ? { security: [{}, { basic: [] }, { bearer: [] }] } : {}),
    responses: responses(route),
  }
}

function operationId(method: string, path: string): string {
  const words = path.split(/[/:]+/).filter((word) => word !== '')
  return [method.toLowerCase(), ...words].map((word) => word.replace(/\W/g, '_')).join('-')
}

/** A schema without what the type builder keeps for itself. */
function plain(schema: unknown): Json {
  return JSON.parse(JSON.stringify(schema)) as Json
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name: name ?? '',
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function commonParameters(): Json[] {
  return [
    {
      name: 'OCS-APIRequest',
      in: 'header',
      required: true,
      description: 'Any value',
      schema: { type: 'string', default: 'true' },
    },
    {
      name: 'format',
      in: 'query',
      description: 'XML when left out',
      schema: { type: 'string', enum: ['json', 'xml'] },
    },
  ]
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, Json>>
  readonly required?: readonly string[]
}

function queryParameters(input: Json | undefined): Json[] {
  const { properties = {}, required = [] } = (input ?? {}) as ObjectSchema
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name) && !Object.hasOwn(schema as object, 'default'),
    schema,
  }))
}

function responses(route: OcsRoute): Json {
  const data = route.reply === undefined ? { type: 'array', maxItems: 0 } : plain(route.reply)
  const meta = {
    type: 'object',
    required: ['status', 'statuscode', 'message'],
    properties: { status: { type: 'string' }, statuscode: { type: 'integer' }, message: { type: 'string' } },
  }
  const body = {
    type: 'object',
    required: ['ocs'],
    properties: { ocs: { type: 'object', required: ['meta', 'data'], properties: { meta, data } } },
  }
  const codes = Object.values(route.codes).filter((code) => code !== undefined)
  const failure = codes.length === 0 ? 'Refused' : `Refused; statuscode may be ${[...new Set(codes)].join(', ')}`
  const done = (description: string): Json => ({ description, content: { 'application/json': { schema: body } } })
  const others = Object.entries(route.statuses ?? {}).map(([code, meaning]) => [code, done(meaning)])
  return {
    200: done('Done'),
    ...Object.fromEntries(others),
    default: { description: failure },
  }
}
