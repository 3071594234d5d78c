/** Processor time of processes and their threads, and of the machine, from Linux's `/proc` (`man 5 proc`). */

import { readdirSync, readFileSync } from 'node:fs';

/** Of a process, in s. */
export interface ProcessorTime {
  readonly total: number;
  /** By `<tid> <name>`; threads that have ended are in the total alone. */
  readonly threads: ReadonlyMap<string, number>;
  readonly residentMb: number;
}

/** Of the whole machine, in s over all cores. */
export interface MachineTime {
  readonly busy: number;
  /** Taken by other virtual machines. */
  readonly stolen: number;
}

/** Clock ticks per second: the kernel's interface has had this value on every platform that Node runs on. */
const TICKS_PER_S = 100;
const PAGE_BYTES = 4096;
const UTIME = 11;
const STIME = 12;
const RSS = 21;

/** @throws Error where there is no such process, or no `/proc` */
export function processorTime(pid: number): ProcessorTime {
  const folder = `/proc/${pid}`;
  const { time, fields } = statOf(`${folder}/stat`);
  const threads = readdirSync(`${folder}/task`).flatMap((tid) => {
    try {
      const thread = statOf(`${folder}/task/${tid}/stat`);
      return [[`${tid} ${thread.name}`, thread.time] as const];
    } catch {
      // It has ended since the folder was read.
      return [];
    }
  });
  return { total: time, threads: new Map(threads), residentMb: (Number(fields[RSS]) * PAGE_BYTES) / 2 ** 20 };
}

export function machineTime(): MachineTime {
  const line = readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '';
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(/\s+/).slice(1).map(Number);
  return { busy: (user + nice + system + irq + softirq) / TICKS_PER_S, stolen: steal / TICKS_PER_S };
}

/** The name stands in brackets and may hold anything; numbered from behind it, the state is field 0. */
function statOf(path: string): { name: string; time: number; fields: readonly string[] } {
  const text = readFileSync(path, 'utf8');
  const behind = text.lastIndexOf(')');
  const fields = text.slice(behind + 2).split(' ');
  const time = (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_S;
  return { name: text.slice(text.indexOf('(') + 1, behind), time, fields };
}
