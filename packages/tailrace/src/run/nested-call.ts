/** What a call of an agent tool gets at: the runs of agents inside the run that it belongs to. */
import type { NestedRuns } from '../agent/agent-tool.ts';
import type { AbortScope } from '../base/abort.ts';
import type { FunctionCallItem } from '../event/item.ts';
import { Parking } from './parking.ts';
import type { RunScope } from './scope.ts';

export interface NestedCaller {
  readonly call: FunctionCallItem;
  readonly step: string;
  readonly spanId: string | undefined;
  readonly stop: AbortScope;
  /** Hears of each nested run that the call is waiting for. */
  readonly onParking: (parking: Parking) => void;
  readonly onParked: (parked: boolean) => void;
}

export function nestedRuns(run: RunScope, { onParking, onParked, ...caller }: NestedCaller): NestedRuns {
  return {
    begun: run.nestedFolds.has(caller.step),
    run: async (spec, input, toolInput) => {
      const parking = new Parking((parked) => {
        onParked(parked);
        run.inbox.ring();
      });
      onParking(parking);
      return run.nest(run, { ...caller, parking }, { spec, input, toolInput });
    },
  };
}

/** The result of the run that an agent tool made for a call, if it completed. */
export async function nestedResultOf(run: RunScope, call: FunctionCallItem, step: string): Promise<unknown> {
  const { name: toolName, callId: toolCallId, arguments: toolArguments } = call;
  return run.resultOf([...run.path, step], { toolName, toolCallId, toolArguments });
}
