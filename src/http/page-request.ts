import type { FastifyRequest } from 'fastify'

/** A text of the request's form, empty when it is not there. */
export function bodyText(request: FastifyRequest, name: string): string {
  const value = (request.body as Readonly<Record<string, unknown>> | undefined)?.[name]
  return typeof value === 'string' ? value : ''
}

/** A text of the query, empty when it is not there. */
export function queryText(request: FastifyRequest, name: string): string {
  const value = request.queryFields()[name]
  return typeof value === 'string' ? value : ''
}

export function isHttps(request: FastifyRequest): boolean {
  return request.baseUrl.startsWith('https:')
}
