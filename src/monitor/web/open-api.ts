/** The description of the REST interface, made of the schemas that check and type it. */

import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { z } from 'zod';

/** A route's schemas, where they are given. */
interface RouteSchemas {
  readonly summary?: string;
  readonly hide?: boolean;
  readonly params?: z.ZodType;
  readonly querystring?: z.ZodType;
  readonly response?: Readonly<Record<string, z.ZodType>>;
}

export function openApiOptions(version: string): FastifyDynamicSwaggerOptions {
  /** Schemas with a name of their own, as they turn up. */
  const named: Record<string, unknown> = {};
  const described = (schema: z.ZodType, io: 'input' | 'output'): object => {
    const { $defs, $schema: _, ...plain } = z.toJSONSchema(schema, { target: 'draft-2020-12', io });
    Object.assign(named, withReferences($defs ?? {}));
    return withReferences(plain);
  };
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Whale Watch live monitor',
        version,
        description:
          'Reading only. Live updates come over the WebSocket /api/live, whose messages docs/MONITOR.md describes.',
      },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'Where monitor.token is set.' },
        },
      },
    },
    transform: ({ schema, url }) => {
      const { params, querystring, response, ...rest } = (schema ?? {}) as RouteSchemas;
      const answers = Object.entries(response ?? {}).map(([status, one]) => [
        status,
        { description: status === '200' ? 'The answer.' : 'Why not.', ...described(one, 'output') },
      ]);
      return {
        url,
        schema: {
          ...rest,
          ...(params === undefined ? {} : { params: described(params, 'input') }),
          ...(querystring === undefined ? {} : { querystring: described(querystring, 'input') }),
          ...(answers.length === 0 ? {} : { response: Object.fromEntries(answers) as object }),
        },
      };
    },
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject;
      const { openapiObject } = document;
      return { ...openapiObject, components: { ...openapiObject.components, schemas: named } } as typeof openapiObject;
    },
  };
}

/** References within one schema become references within the document. */
function withReferences<T extends object>(schema: T): T {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as T;
}
