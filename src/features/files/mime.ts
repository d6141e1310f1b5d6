import { Mime } from 'mime'
import others from 'mime/types/other.js'
import standard from 'mime/types/standard.js'

const types = new Mime(standard, others)

/** Media type by the ending of the name; the content is never looked into. */
export function mimeOf(name: string): string {
  const dot = name.lastIndexOf('.')
  if (dot < 1) return 'application/octet-stream'
  return types.getType(name.slice(dot + 1)) ?? 'application/octet-stream'
}
