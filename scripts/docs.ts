import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { referencePages } from './reference-pages.ts'

/** `npm run docs`: writes the pages that are made from the program. */
const folder = join(import.meta.dirname, '../docs/reference')
for (const [name, text] of await referencePages()) {
  writeFileSync(join(folder, name), text)
  console.log(`docs/reference/${name}`)
}
process.exit(0)
