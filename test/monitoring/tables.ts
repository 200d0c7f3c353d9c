// The tables of a Log Analytics workspace that Application Insights writes, with every column, as Azure Monitor's reference of tables
// lists them: learn.microsoft.com/azure/azure-monitor/reference/tables, pages apptraces, apprequests, appdependencies, appexceptions.

/** What all four have. */
const ofEvery = {
  AppRoleInstance: 'string',
  AppRoleName: 'string',
  AppVersion: 'string',
  _BilledSize: 'real',
  ClientBrowser: 'string',
  ClientCity: 'string',
  ClientCountryOrRegion: 'string',
  ClientIP: 'string',
  ClientModel: 'string',
  ClientOS: 'string',
  ClientStateOrProvince: 'string',
  ClientType: 'string',
  IKey: 'string',
  _IsBillable: 'string',
  ItemCount: 'int',
  Measurements: 'dynamic',
  OperationId: 'string',
  OperationName: 'string',
  ParentId: 'string',
  Properties: 'dynamic',
  ResourceGUID: 'string',
  _ResourceId: 'string',
  SDKVersion: 'string',
  SessionId: 'string',
  SourceSystem: 'string',
  _SubscriptionId: 'string',
  SyntheticSource: 'string',
  TenantId: 'string',
  TimeGenerated: 'datetime',
  Type: 'string',
  UserAccountId: 'string',
  UserAuthenticatedId: 'string',
  UserId: 'string',
} as const;

const referenced = { ReferencedItemId: 'string', ReferencedType: 'string' } as const;

/** What something that took time has. */
const ofCalls = {
  ...referenced,
  DurationMs: 'real',
  Id: 'string',
  Name: 'string',
  ResultCode: 'string',
  Success: 'bool',
} as const;

export type ColumnType = 'string' | 'int' | 'long' | 'real' | 'bool' | 'datetime' | 'dynamic';

/** Column types by column, by table. */
export const tables: Readonly<Record<string, Readonly<Record<string, ColumnType>>>> = {
  AppTraces: { ...ofEvery, ...referenced, Message: 'string', SeverityLevel: 'int' },
  AppRequests: { ...ofEvery, ...ofCalls, Source: 'string', Url: 'string' },
  AppDependencies: { ...ofEvery, ...ofCalls, Data: 'string', DependencyType: 'string', Target: 'string' },
  AppExceptions: {
    ...ofEvery,
    Assembly: 'string',
    Details: 'dynamic',
    ExceptionType: 'string',
    HandledAt: 'string',
    InnermostAssembly: 'string',
    InnermostMessage: 'string',
    InnermostMethod: 'string',
    InnermostType: 'string',
    Message: 'string',
    Method: 'string',
    OuterAssembly: 'string',
    OuterMessage: 'string',
    OuterMethod: 'string',
    OuterType: 'string',
    ProblemId: 'string',
    SeverityLevel: 'int',
  },
};
