import type { Check } from './check.ts'
import * as checkStore from './check-store.ts'
import * as detached from './detached-store.ts'
import { sayableName } from './names.ts'

const PAGE = 1_000
const FOLDER_PAGE = 500

/** Every tree has exactly one root. */
export async function checkRoots({ db, findings, repairs }: Check): Promise<void> {
  const counts = new Map<number, number>()
  for await (const roots of pages((after) => checkStore.listRoots(db.read, after, PAGE))) {
    for (const { tree_id } of roots) counts.set(tree_id, (counts.get(tree_id) ?? 0) + 1)
  }
  for await (const trees of pages(async (after) => {
    return (await checkStore.listOwnedTrees(db.read, after, PAGE)).map((id) => ({ id }))
  })) {
    for (const { id } of trees) {
      // A tree may have been made since the roots were counted.
      const count = counts.get(id) === 1 ? 1 : (await checkStore.listRootsOf(db.read, id)).length
      if (count !== 1) await findings.add('root', `Tree ${id} has ${count} roots`, () => repairs.root(id))
    }
  }
}

export async function checkNodes(check: Check): Promise<{ readonly files: number; readonly folders: number }> {
  const total = await checkStore.countNodes(check.db.read)
  let files = 0
  let folders = 0
  for await (const nodes of pages((after) => checkStore.listNodes(check.db.read, after, PAGE))) {
    for (const node of nodes) await checkNode(check, node)
    await checkChains(check, nodes)
    const inside = nodes.filter(({ is_folder }) => is_folder === 1).length
    folders += inside
    files += nodes.length - inside
    check.progress('files and folders', files + folders, total)
  }
  return { files, folders }
}

async function checkNode(check: Check, node: checkStore.CheckedNode): Promise<void> {
  const { findings, repairs, places } = check
  const { id, name, parent_id } = node
  if (parent_id !== null && node.found_parent_id === null) {
    await findings.add('cut-off', `${quoted(node)} hangs in a folder that is not there`, () => repairs.recover(id))
    return
  }
  if (node.parent_is_folder === 0) {
    await findings.add('misplaced', `${quoted(node)} hangs below a file`, () => repairs.recover(id))
  } else if (node.parent_tree_id !== null && node.parent_tree_id !== node.tree_id) {
    await findings.add('misplaced', `${quoted(node)} is kept with another tree than its folder`, () =>
      repairs.adopt(id),
    )
  }
  if (parent_id === null ? name !== '' : sayableName(name) !== name) {
    await findings.add('name', `${quoted(node)} has a name that nobody can ask for`, () => repairs.rename(id))
  }
  if (node.is_folder === 0) await checkFile(check, node)
  else if (node.blob_id !== null) await findings.add('misplaced', `The folder ${await places.of(id)} has content`)
}

async function checkFile({ findings, repairs, places }: Check, node: checkStore.CheckedNode): Promise<void> {
  const { id, blob_id, size_bytes } = node
  if (blob_id !== null && node.found_blob_id === null) {
    await findings.add('missing-content', `${await places.of(id)}: its content is not there`)
    return
  }
  const actual = node.blob_bytes ?? 0
  if (actual === size_bytes) return
  const message = `${await places.of(id)} says ${size_bytes} bytes, its content has ${actual}`
  await findings.add('file-size', message, () => repairs.fileSize(id))
}

/** A name with what identifies the node, where its path cannot be told. */
function quoted({ id, is_folder, name, tree_id }: checkStore.CheckedNode): string {
  return `${is_folder === 1 ? 'Folder' : 'File'} ${id} ${JSON.stringify(name)} of tree ${tree_id}`
}

/** Folders that hang in a circle lead to no root; a circle is told of once, at the lowest of its ids. */
async function checkChains({ db, findings, repairs }: Check, nodes: readonly checkStore.CheckedNode[]): Promise<void> {
  const folders = nodes.filter(({ is_folder, parent_id }) => is_folder === 1 && parent_id !== null)
  for (let start = 0; start < folders.length; start += FOLDER_PAGE) {
    const some = folders.slice(start, start + FOLDER_PAGE)
    const rows = await checkStore.listChains(
      db.read,
      some.map(({ id }) => id),
    )
    const parents = new Map(rows.map(({ id, parent_id }) => [id, parent_id]))
    for (const folder of some) {
      const circle = circleAt(folder.id, parents)
      if (circle.length === 0 || Math.min(...circle) !== folder.id) continue
      const message = `${quoted(folder)} is inside of itself: ${circle.join(' in ')}`
      await findings.add('cut-off', message, () => repairs.recover(folder.id))
    }
  }
}

/** The circle that a node is part of; empty when it is part of none. */
function circleAt(id: number, parents: ReadonlyMap<number, number | null>): number[] {
  const circle = [id]
  const seen = new Set(circle)
  for (let above = parents.get(id); above !== undefined && above !== null; above = parents.get(above)) {
    if (above === id) return circle
    if (seen.has(above)) return []
    seen.add(above)
    circle.push(above)
  }
  return []
}

/** A folder has the size of what is in it. */
export async function checkFolderSizes({ db, findings, repairs, places, progress }: Check): Promise<void> {
  const total = await checkStore.countNodes(db.read)
  let done = 0
  for await (const nodes of pages((after) => checkStore.listNodeIds(db.read, after, PAGE))) {
    const [first, last] = [nodes[0]?.id ?? 0, nodes.at(-1)?.id ?? 0]
    for (const { id, recorded, actual } of await checkStore.listWrongFolders(db.read, first - 1, last)) {
      // A copy that is not whole yet.
      if (await detached.isDetached(db.read, id)) continue
      const message = `Folder ${await places.of(id)} says ${recorded} bytes, its members have ${actual}`
      await findings.add('folder-size', message, () => repairs.folderSize(id))
    }
    done += nodes.length
    progress('sizes of folders', done, total)
  }
}

export async function checkLocks({ db, findings, repairs, places }: Check): Promise<void> {
  for (const { token, node_id } of await checkStore.listStrayLocks(db.read)) {
    const message = `A lock of ${await places.of(node_id)} is kept with another tree`
    await findings.add('lock', message, () => repairs.unlock(token))
  }
}

/** Pages of rows by id, each read when the one before is done with. */
export async function* pages<Row extends { readonly id: number }>(
  read: (afterId: number) => Promise<readonly Row[]>,
): AsyncGenerator<readonly Row[]> {
  let after = 0
  for (;;) {
    const page = await read(after)
    const last = page.at(-1)
    if (last === undefined) return
    yield page
    after = last.id
  }
}
