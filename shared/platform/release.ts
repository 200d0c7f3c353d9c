// Gives memory back at once. Left to the garbage collector, chunks of large downloads make it run dozens of times, and what is large stays
// for long.

/** To be called by the one owner, who has no more use for it; nobody may look at it from then on. */
export function release(view: Uint8Array | Int32Array): void {
  const { buffer } = view;
  // Where the view is a part of it, others may use the rest.
  if (buffer.byteLength === view.byteLength && 'transfer' in buffer) buffer.transfer(0);
}
