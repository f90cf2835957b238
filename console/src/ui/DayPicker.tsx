import { Icon } from "./icons";

interface DayPickerProps {
  label: string;
  /** Days to choose from, `2026-11-26`, oldest first. */
  days: readonly string[];
  day: string;
  onDay: (day: string) => void;
}

/** A day by name, or the one before and after it: for those who cannot or will not aim at a narrow bar. */
export function DayPicker({ label, days, day, onDay }: DayPickerProps) {
  const at = days.indexOf(day);
  const step = (by: number) => {
    const next = days[at + by];
    if (next !== undefined) onDay(next);
  };
  return (
    <span className="flex daypicker">
      <button type="button" className="btn" data-icon data-size="small" disabled={at <= 0} onClick={() => step(-1)} aria-label="Day before" title="Day before">
        <Icon name="back" size={12} />
      </button>
      <select className="select" aria-label={label} value={day} onChange={(e) => onDay(e.target.value)}>
        {at === -1 && <option value={day}>choose a day</option>}
        {days.map((d) => (
          <option key={d}>{d}</option>
        ))}
      </select>
      <button type="button" className="btn" data-icon data-size="small" disabled={at === -1 || at === days.length - 1} onClick={() => step(1)} aria-label="Next day" title="Next day">
        <Icon name="right" size={12} />
      </button>
    </span>
  );
}
