import type { Operation, Path } from './operations.ts'
import type { Request } from './outcome.ts'
import { type Node, resolveCondition, type State } from './state.ts'
import { assembled } from './upload-steps.ts'

function* everyPath(node: Node, path: Path): Generator<Path> {
  if (path.length > 0) yield path
  if (node.kind !== 'folder') return
  for (const [name, member] of node.members) yield* everyPath(member, [...path, name])
}

/** The request that a client sends who sees this state: places that are there have their paths, conditions their etags. */
export function requestOf(state: State, operation: Operation): Request {
  const all = [...everyPath(state.root, [])]
  const place = (path: Path): Path => {
    const [first = '', ...rest] = path
    const index = /^#(\d+)$/.exec(first)?.[1]
    return index === undefined ? path : [...(all[Number(index) % all.length] ?? []), ...rest]
  }
  const placed = {
    ...operation,
    ...('path' in operation && operation.path !== undefined ? { path: place(operation.path) } : {}),
    ...('to' in operation ? { to: place(operation.to) } : {}),
    ...(operation.kind === 'finish' ? { believed: assembled(state.uploads.get(operation.upload)) } : {}),
  } as Operation
  if (!('condition' in placed)) return { operation: placed, condition: undefined }
  const target = placed.kind === 'finish' ? placed.to : placed.path
  return { operation: placed, condition: resolveCondition(state, target, placed.condition) }
}
