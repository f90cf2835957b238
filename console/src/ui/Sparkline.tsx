/** A small row of bars without axes. `label` says what they are and how many. */
export function Sparkline({ values, label, width = 120, height = 18, limit }: { values: number[]; label: string; width?: number; height?: number; limit?: number | undefined }) {
  const max = Math.max(1, limit ?? 0, ...values);
  const step = width / Math.max(1, values.length);
  const y = limit === undefined ? null : height - (height * limit) / max;
  return (
    <svg width={width} height={height} viewBox={`0 0 ${String(width)} ${String(height)}`} role="img" aria-label={label} className="spark">
      <title>{label}</title>
      {values.map((value, i) => {
        const h = value === 0 ? 0 : Math.max(1, (height * value) / max);
        // Bars have no id of their own; their place is their meaning.
        return <rect key={i} x={i * step + 0.5} y={height - h} width={Math.max(1, step - 1)} height={h} fill={limit !== undefined && value > limit ? "var(--high)" : "var(--line-strong)"} />;
      })}
      {y !== null && <line x1="0" x2={width} y1={y} y2={y} stroke="var(--text-3)" strokeWidth="1" strokeDasharray="2 2" />}
    </svg>
  );
}
