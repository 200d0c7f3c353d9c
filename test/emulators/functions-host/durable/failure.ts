// How a failed activity looks in the history: the text that .NET makes of the worker's error, as recorded from the real host.
import type { Failure } from './history';

/** An error as it comes out of the worker. */
export interface WorkerError {
  readonly message: string;
  readonly stack: string;
}

// Kept as long as the real one: what an orchestrator catches is this text, and its length counts towards limits.
const dotnetStack = [
  '   at Microsoft.Azure.WebJobs.Script.Description.WorkerFunctionInvoker.InvokeCore(Object[] parameters, FunctionInvocationContext context) in /src/WebJobs.Script/Description/Workers/WorkerFunctionInvoker.cs:line 101',
  '   at Microsoft.Azure.WebJobs.Script.Description.FunctionInvokerBase.Invoke(Object[] parameters) in /src/WebJobs.Script/Description/FunctionInvokerBase.cs:line 82',
  '   at Microsoft.Azure.WebJobs.Script.Description.FunctionGenerator.Coerce[T](Task`1 src) in /src/WebJobs.Script/Description/FunctionGenerator.cs:line 225',
  '   at Microsoft.Azure.WebJobs.Host.Executors.FunctionInvoker`2.InvokeAsync(Object instance, Object[] arguments)',
  '   at Microsoft.Azure.WebJobs.Host.Executors.FunctionExecutor.InvokeWithTimeoutAsync(IFunctionInvoker invoker, ParameterHelper parameterHelper, CancellationTokenSource timeoutTokenSource, CancellationTokenSource functionCancellationTokenSource, Boolean throwOnTimeout, TimeSpan timerInterval, IFunctionInstance instance) in /_/src/Microsoft.Azure.WebJobs.Host/Executors/FunctionExecutor.cs:line 590',
  '   at Microsoft.Azure.WebJobs.Host.Executors.FunctionExecutor.ExecuteWithWatchersAsync(IFunctionInstanceEx instance, ParameterHelper parameterHelper, ILogger logger, CancellationTokenSource functionCancellationTokenSource) in /_/src/Microsoft.Azure.WebJobs.Host/Executors/FunctionExecutor.cs:line 536',
  '   at Microsoft.Azure.WebJobs.Host.Executors.FunctionExecutor.ExecuteWithLoggingAsync(IFunctionInstanceEx instance, FunctionStartedMessage message, FunctionInstanceLogEntry instanceLogEntry, ParameterHelper parameterHelper, ILogger logger, CancellationToken cancellationToken) in /_/src/Microsoft.Azure.WebJobs.Host/Executors/FunctionExecutor.cs:line 315',
].join('\n');

const noResult = -2146233088;

export function activityFailure(activity: string, error: WorkerError): Failure {
  const details = {
    $type: 'System.Exception, System.Private.CoreLib',
    ClassName: 'System.Exception',
    Message: ` ${error.message}`,
    Data: null,
    InnerException: {
      $type: 'Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, Microsoft.Azure.WebJobs.Script',
      IsUserException: false,
      RemoteStackTrace: error.stack,
      RemoteMessage: error.message,
      RemoteTypeName: null,
      Message: `Result: Failure\nException: ${error.message}\nStack: ${error.stack}`,
      Data: { $type: 'System.Collections.ListDictionaryInternal, System.Private.CoreLib' },
      InnerException: null,
      HelpLink: null,
      Source: 'System.Private.CoreLib',
      HResult: noResult,
      StackTrace: dotnetStack,
    },
    HelpURL: null,
    StackTraceString: null,
    RemoteStackTraceString: null,
    RemoteStackIndex: 0,
    ExceptionMethod: null,
    HResult: noResult,
    Source: null,
    WatsonBuckets: null,
  };
  return {
    reason: `Activity function '${activity}' failed:  ${error.message}`,
    details: JSON.stringify(details),
  };
}

/** A sub-orchestration that ended badly, as its parent sees it. */
export const subOrchestrationFailure = (name: string, output: string): Failure => ({
  reason: `The sub-orchestrator function '${name}' failed: "${output}"`,
  details: JSON.stringify({
    $type: 'Microsoft.Azure.WebJobs.Extensions.DurableTask.OrchestrationFailureException',
    Message: output,
  }),
});
