"""The statements that say how slots are taken."""

from pathlib import Path

from controlplane.sql.statements import Statements
from deployments.wire.slots import QueueSlots, SlotHolder

sql = Statements(Path(__file__).parent / "sql" / "slots.sql")

read_pool_slots = sql.all("read_pool_slots", QueueSlots)
count_pool_slots = sql.scalar("count_pool_slots")
read_slot_holders = sql.all("read_slot_holders", SlotHolder)
count_slot_holders = sql.scalar("count_slot_holders")
