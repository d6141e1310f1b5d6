import { sha256Hex } from '../../lib/digest.ts'
import { Fault } from '../../lib/fault.ts'
import { imageLibrary } from '../../lib/image-library.ts'
import { MESSAGES } from './fault-messages.ts'

/** Sizes that are sent over HTTP; every other is answered with one of them (recording avatar). */
export const SMALL = 64
export const LARGE = 512
export const SIZES = [SMALL, LARGE] as const

export const MAX_INPUT_BYTES = 8 * 1024 * 1024
/** A picture of the whole frame takes four bytes a pixel while it is read. */
const MAX_INPUT_PIXELS = 25_000_000
const MAX_SECONDS = 15
/** Largest side of the picture that goes back to be cropped. */
const MAX_PREVIEW_PIXELS = 1_024

export interface EncodedAvatar {
  readonly contentType: string
  readonly content: Uint8Array
  /** Without quotes. */
  readonly etag: string
}

/** A picture that came from outside. */
export type Accepted =
  | { readonly kind: 'square'; readonly sizes: ReadonlyMap<number, EncodedAvatar> }
  /** Its owner has to crop it first. */
  | { readonly kind: 'not-square'; readonly preview: EncodedAvatar }

/**
 * Reads a picture and writes its pixels anew, so that nothing else of it is ever sent to a browser. Throws Fault
 * `bad-request` with reason `no-image` for what is none, and `too-large` for more than `MAX_INPUT_BYTES`.
 */
export async function acceptPicture(input: Uint8Array): Promise<Accepted> {
  if (input.byteLength > MAX_INPUT_BYTES) throw new Fault('too-large', MESSAGES.tooLarge(MAX_INPUT_BYTES / 1024 ** 2))
  if (!hasKnownStart(input)) throw noImage()
  return inTurn(async () => {
    try {
      const sharp = await imageLibrary()
      const options = { limitInputPixels: MAX_INPUT_PIXELS, failOn: 'error', pages: 1 }
      const read = () => sharp(input, options).timeout({ seconds: MAX_SECONDS }).autoOrient()
      const { width, height, hasAlpha } = await sharp(input, options).metadata()
      if (width !== height) {
        const size = { width: MAX_PREVIEW_PIXELS, height: MAX_PREVIEW_PIXELS, fit: 'inside', withoutEnlargement: true }
        const resized = read().resize(size as object)
        return { kind: 'not-square', preview: encoded('image/png', await resized.png().toBuffer()) }
      }
      const sizes = new Map<number, EncodedAvatar>()
      for (const pixels of SIZES) {
        const resized = read().resize({ width: pixels, height: pixels, fit: 'fill' })
        sizes.set(
          pixels,
          hasAlpha
            ? encoded('image/png', await resized.png({ compressionLevel: 9 }).toBuffer())
            : encoded('image/jpeg', await resized.jpeg({ quality: 88 }).toBuffer()),
        )
      }
      return { kind: 'square', sizes }
    } catch (error) {
      if (error instanceof Fault) throw error
      throw noImage(error)
    }
  })
}

const noImage = (cause?: unknown): Fault =>
  new Fault('bad-request', MESSAGES.noImage, { reason: 'no-image' }, { cause })

/** PNG, JPEG, GIF, WebP, and HEIF with AVIF. SVG is none of them: it is a program more than a picture. */
function hasKnownStart(input: Uint8Array): boolean {
  const start = Buffer.from(input.subarray(0, 12)).toString('latin1')
  return (
    start.startsWith('\x89PNG\r\n\x1a\n') ||
    start.startsWith('\xff\xd8\xff') ||
    start.startsWith('GIF8') ||
    (start.startsWith('RIFF') && start.endsWith('WEBP')) ||
    start.slice(4, 8) === 'ftyp'
  )
}

/** A drawing of ours as PNG. */
export async function renderSvg(svg: string, pixels: number): Promise<EncodedAvatar> {
  return inTurn(async () => {
    const sharp = await imageLibrary()
    const density = Math.max(1, (72 * pixels) / LARGE)
    const picture = sharp(Buffer.from(svg), { density }).resize(pixels, pixels)
    return encoded('image/png', await picture.png({ compressionLevel: 9, palette: true }).toBuffer())
  })
}

/** A kept picture in another size or type. */
export async function convertPicture(
  content: Uint8Array,
  pixels: number,
  contentType: 'image/png' | 'image/jpeg',
): Promise<EncodedAvatar> {
  return inTurn(async () => {
    const sharp = await imageLibrary()
    const resized = sharp(content, { limitInputPixels: MAX_INPUT_PIXELS }).resize(pixels, pixels)
    const written = contentType === 'image/png' ? resized.png() : resized.flatten({ background: '#ffffff' }).jpeg()
    return encoded(contentType, await written.toBuffer())
  })
}

function encoded(contentType: string, content: Uint8Array): EncodedAvatar {
  return { contentType, content: new Uint8Array(content), etag: sha256Hex(content).slice(0, 32) }
}

/** Pictures at a time, and those that wait: anybody may ask for one, and nobody may keep all processors busy. */
const MAX_AT_ONCE = 2
const MAX_WAITING = 200

let running = 0
const waiting: (() => void)[] = []

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= MAX_AT_ONCE) {
    if (waiting.length >= MAX_WAITING) {
      throw new Fault('unavailable', MESSAGES.tooMany, { retryAfterSeconds: 1 })
    }
    await new Promise<void>((resolve) => waiting.push(resolve))
  } else running += 1
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    // The place is handed on as it is.
    if (next === undefined) running -= 1
    else next()
  }
}
