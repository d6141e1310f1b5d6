export interface ByteGate {
  /** Waits, in the order of arrival, until so many more bytes may be held. Resolves to what lets them go. */
  hold(bytes: number): Promise<() => void>
}

/** Bounds the memory of work that goes on at once. What is larger than the bound goes alone. */
export function createByteGate(limitBytes: number): ByteGate {
  const waiting: { readonly bytes: number; readonly enter: () => void }[] = []
  let heldBytes = 0
  const letIn = (): void => {
    for (;;) {
      const next = waiting[0]
      if (next === undefined || (heldBytes > 0 && heldBytes + next.bytes > limitBytes)) return
      waiting.shift()
      heldBytes += next.bytes
      next.enter()
    }
  }
  return {
    hold: (bytes) =>
      new Promise((resolve) => {
        const release = (): void => {
          heldBytes -= bytes
          letIn()
        }
        waiting.push({ bytes, enter: () => resolve(release) })
        letIn()
      }),
  }
}
