import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Fault, toFault } from '../lib/fault.ts'
import { parseFormBody, parseJsonBody } from './body.ts'
import { parseMultipartBody, parseMultipartForm } from './multipart.ts'

const ACCEPTED = 'application/x-www-form-urlencoded, multipart/form-data or application/json'

/** Reads forms of both kinds and JSON bodies in this scope; any other body is Fault `unsupported`. */
export function parseBodies(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    parse(parseJsonBody, body as Buffer, done)
  })
  scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, (_request, body, done) => {
    parse(parseFormBody, body as Buffer, done)
  })
  scope.addContentTypeParser('multipart/form-data', { parseAs: 'buffer' }, (request: FastifyRequest, body: Buffer) =>
    parseMultipartBody(body, request.headers['content-type'] ?? ''),
  )
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    if (body.length === 0) done(null, undefined)
    else done(new Fault('unsupported', `Send parameters as ${ACCEPTED}`))
  })
}

/** Forms of this scope may have files in them. After `parseBodies`. */
export function takeFiles(scope: FastifyInstance): void {
  scope.removeContentTypeParser('multipart/form-data')
  scope.addContentTypeParser('multipart/form-data', { parseAs: 'buffer' }, (request: FastifyRequest, body: Buffer) =>
    parseMultipartForm(body, request.headers['content-type'] ?? ''),
  )
}

function parse(
  read: (body: Buffer) => object,
  body: Buffer,
  done: (error: Error | null, body?: unknown) => void,
): void {
  let fields: object
  try {
    fields = read(body)
  } catch (error) {
    done(toFault(error))
    return
  }
  done(null, fields)
}
