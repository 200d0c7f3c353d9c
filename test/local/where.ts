// What the local stack says once it is up: where everything is, which ports were taken, and what to type next.
import type { Stack, StackPorts } from './stack';

export type Addresses = Pick<Stack, 'functionsUrl' | 'keyVaultUrl'> & {
  readonly constantContact: Pick<Stack['constantContact'], 'url'>;
  readonly azurite: Pick<Stack['azurite'], 'blobEndpoint' | 'queueEndpoint' | 'tableEndpoint'>;
};

const portOf = (url: string) => Number(new URL(url).port);

/** A line for each part that is not where it should be. */
export function movedLines(wanted: StackPorts, addresses: Addresses): string[] {
  const { azurite } = addresses;
  const parts = [
    ['the app', wanted.functions, addresses.functionsUrl],
    ['Constant Contact', wanted.constantContact, addresses.constantContact.url],
    ['Blob storage', wanted.blob, azurite.blobEndpoint],
    ['Queue storage', wanted.queue, azurite.queueEndpoint],
    ['Table storage', wanted.table, azurite.tableEndpoint],
    ['Key Vault', wanted.keyVault, addresses.keyVaultUrl],
  ] as const;
  return parts.flatMap(([name, port, url]) =>
    portOf(url) === port ? [] : [`${port} is in use, so ${name} is on ${portOf(url)}.`],
  );
}

/** @param exportId the sample export; `undefined` when somebody has removed it. @param folder where the data lie. */
export function whereText(
  addresses: Addresses,
  wanted: StackPorts,
  exportId: string | undefined,
  folder: string,
): string {
  const { functionsUrl, constantContact, azurite, keyVaultUrl } = addresses;
  const moved = movedLines(wanted, addresses);
  // The run's address comes in a header of the answer; the shell keeps it for the lines below.
  const address = `grep -i '^location:' | tr -d '\\r' | cut -d ' ' -f 2`;
  const commands =
    exportId === undefined
      ? `The sample export was removed. See what there is:  curl -s ${functionsUrl}/api/exports
To have it again, end this, delete the folder with the data, and start anew.`
      : `Run the sample export:  run=$(curl -si -X POST ${functionsUrl}/api/exports/${exportId}/runs | ${address}); echo $run
Look at the run:        curl -s ${functionsUrl}$run
See who was rejected:   curl -s ${functionsUrl}$run/rejects`;
  return `
The app                        ${functionsUrl}/api/health/live
Constant Contact (emulated)    ${constantContact.url}   (look inside: lists, members, jobs, requests)
Storage (Azurite)              ${azurite.blobEndpoint}
Key Vault (emulated)           ${keyVaultUrl}
Data, kept until you delete it ${folder}
${moved.length === 0 ? '' : `\n${moved.join('\n')}\n`}
${commands}

Ctrl-C ends everything.`;
}
