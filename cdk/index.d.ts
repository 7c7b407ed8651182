import { aws_lambda as lambda } from "aws-cdk-lib";
import { Construct } from "constructs";

/** The Lua that the functions run on. */
export type Interpreter = "lua-54" | "luajit-21";

/** How the runtime takes the handler. */
export type Mode = "function" | "web" | "console";

/** Where the layer with the runtime comes from: at most one of the three. */
export interface LuaLayerSource {
  /** The ARN of a published layer's version; tokens are taken as they are. */
  readonly layerArn?: string;
  /** The zip that `moonlayer layer build` makes; the stack publishes it as a layer of its own. */
  readonly layerZip?: string;
  /**
   * The file that `moonlayer layer publish` writes.
   * @default the versions.json in this package
   */
  readonly versions?: string;
}

/** What says which layer it is. */
export interface LuaLayerOptions extends LuaLayerSource {
  /** @default "lua-54" */
  readonly interpreter?: Interpreter;
  /** @default "x86_64" */
  readonly architecture?: "x86_64" | "arm64" | lambda.Architecture;
}

/** The properties of a `lambda.Function`, less `runtime`, and ours. */
export interface LuaFunctionProps
  extends Omit<lambda.FunctionProps, "runtime" | "code" | "architecture">,
    LuaLayerOptions {
  /** Never given: the runtime is always provided.al2023. */
  readonly runtime?: never;
  /**
   * A folder, without what is not deployed from it; a zip; or any code of the CDK, taken as it is.
   */
  readonly code: string | lambda.Code;
  /**
   * Further rules of what is not deployed from the folder, in the syntax of .gitignore: `!/tests/`
   * brings back what is left out by itself.
   * @default none
   */
  readonly exclude?: string[];
  /**
   * Sets MOONLAYER_MODE.
   * @default the runtime's own: a function
   */
  readonly mode?: Mode;
}

/** A function in Lua: a `lambda.Function` with the runtime's layer before all others. */
export class LuaFunction extends lambda.Function {
  constructor(scope: Construct, id: string, props: LuaFunctionProps);
}

/** The layer that holds the runtime, one construct for all functions of a stack. */
export function luaLayer(scope: Construct, options?: LuaLayerOptions): lambda.ILayerVersion;
