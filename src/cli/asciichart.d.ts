/** The package has no types of its own; this is the part that chart.ts uses. */
declare module 'asciichart' {
  export function plot(
    series: readonly number[],
    config?: { readonly height?: number; readonly format?: (value: number) => string },
  ): string;
}
