// The URLs of the Durable HTTP API: what the client binding hands to a function, and what answers a start.

export interface Addresses {
  readonly hub: string;
  /** Where the world reaches the host, without a slash at the end. */
  readonly publicUrl: string;
  /** Where the worker reaches the same API without a key, with a slash at the end. */
  readonly rpcUrl: string;
  readonly key: string;
}

const api = ({ publicUrl }: Addresses) => `${publicUrl}/runtime/webhooks/durabletask`;
const auth = ({ hub, key }: Addresses) => `taskHub=${hub}&connection=Storage&code=${key}`;

export function managementUrls(addresses: Addresses, instanceId: string) {
  const instance = `${api(addresses)}/instances/${instanceId}`;
  const query = auth(addresses);
  return {
    id: instanceId,
    statusQueryGetUri: `${instance}?${query}`,
    sendEventPostUri: `${instance}/raiseEvent/{eventName}?${query}`,
    terminatePostUri: `${instance}/terminate?reason={text}&${query}`,
    rewindPostUri: `${instance}/rewind?reason={text}&${query}`,
    purgeHistoryDeleteUri: `${instance}?${query}`,
    restartPostUri: `${instance}/restart?${query}`,
    suspendPostUri: `${instance}/suspend?reason={text}&${query}`,
    resumePostUri: `${instance}/resume?reason={text}&${query}`,
  };
}

/** What a start answers: no rewind, which is for what failed. */
export function startedUrls(addresses: Addresses, instanceId: string) {
  const urls: Partial<ReturnType<typeof managementUrls>> = managementUrls(addresses, instanceId);
  delete urls.rewindPostUri;
  return urls;
}

export function clientBinding(addresses: Addresses) {
  const create = `${api(addresses)}/orchestrators/{functionName}[/{instanceId}]?`;
  const code = `code=${addresses.key}`;
  return {
    taskHubName: addresses.hub,
    connectionName: null,
    creationUrls: {
      createNewInstancePostUri: create + code,
      createAndWaitOnNewInstancePostUri: `${create}timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${code}`,
    },
    managementUrls: managementUrls(addresses, 'INSTANCEID'),
    baseUrl: api(addresses),
    requiredQueryStringParameters: code,
    rpcBaseUrl: addresses.rpcUrl,
    httpBaseUrl: null,
    maxGrpcMessageSizeInBytes: null,
    grpcHttpClientTimeout: null,
  };
}
