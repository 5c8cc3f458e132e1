"""SNMP: who the device is, how it is set, and on network gear what it remembers."""

from __future__ import annotations

from dataclasses import replace

from appliance.site.model import Service
from appliance.visit import questions as q
from appliance.visit.asking.asker import Given
from appliance.visit.asking.snmp import working
from checks.facts.observation import Facts
from collectors import snmp_equipment, snmp_identity, snmp_settings, snmp_tables
from collectors.wire import Target


async def ask(given: Given, question: q.Question, target: Target, service: Service) -> Facts:
    login = working(given, target, service)
    # The walk ends by itself before the wire would cut it off.
    wire = replace(given.wire, packets=question.packets)
    if question is q.SNMP_IDENTITY:
        return await snmp_identity.identity(wire, target, credential=login, profiles=given.profiles)
    if question is q.SNMP_SETTINGS:
        return await snmp_settings.settings(wire, target, credential=login, profiles=given.profiles)
    if question is q.SNMP_CHANGES:
        return await snmp_settings.changes(wire, target, credential=login, profiles=given.profiles)
    if question is q.SNMP_INTERFACES:
        return await snmp_tables.interfaces(wire, target, credential=login)
    if question is q.SNMP_NEIGHBOURS:
        return await snmp_tables.neighbours(wire, target, credential=login)
    if question is q.SNMP_RESOURCES:
        return await snmp_equipment.resources(wire, target, credential=login)
    if question is q.SNMP_POWER:
        return await snmp_equipment.power(wire, target, credential=login)
    return await snmp_tables.access(wire, target, credential=login)
