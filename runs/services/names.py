"""Names for runs that were given none."""

import random

ADJECTIVES = (  # noqa: SIM905 - words read better as words
    """
    able agile amber ample arctic bold brave breezy bright brisk bronze calm candid careful cheerful civil clear
    clever coastal cobalt copper coral cosmic cozy crisp curious dapper daring deft dewy eager early easy elder
    electric fair famous fast fearless fleet fluent fond frank free fresh friendly frosty gentle gilded glad golden
    graceful grand green happy hardy hazel hearty honest humble indigo jade jolly keen kind lively loyal lucky lunar
    magic maple mellow merry mighty mild misty modest mossy neat nimble noble northern olive opal open patient pearl
    placid plucky polar polite prime proud quick quiet rapid ready rosy royal ruby rustic sandy sage scarlet serene
    sharp shiny silent silver sincere sleek smart smooth snowy solar solid sound spry stable steady sterling stout
    sturdy sunny super sure swift tender tidy topaz tranquil true trusty urban valiant velvet vivid warm wise witty
    zesty
    """
).split()
ANIMALS = (  # noqa: SIM905 - words read better as words
    """
    albatross alpaca antelope auk badger barracuda bear beaver bee beetle bison bittern boar bobcat bongo buffalo
    bunting camel caracal caribou cat chameleon cheetah chinchilla civet cobra condor coot cormorant cougar coyote
    crab crane cricket crow curlew deer dingo dolphin donkey dormouse dove dragonfly duck eagle egret eider eland
    elk emu ermine falcon ferret finch firefly flamingo fox frog gannet gazelle gecko gibbon giraffe gnu goat
    goldfinch goose gopher grouse gull hare harrier hawk hedgehog heron hippo hornet horse hound hummingbird ibex
    ibis iguana impala jackal jackdaw jaguar jay kestrel kingfisher kite kiwi koala kudu lark lemming lemur leopard
    lion lizard llama lobster loon lynx magpie mallard manatee marmot marten mole mongoose moose moth narwhal newt
    nightjar ocelot octopus okapi oriole orca osprey ostrich otter owl ox oyster panda panther parrot pelican
    penguin petrel pigeon plover pony porpoise puffin puma quail rabbit raccoon raven ray robin rook salmon
    sandpiper seal serval shark shrew shrike skink sloth snail snipe sparrow squid stoat stork swallow swan swift
    tapir tern thrush tiger toad toucan trout turtle viper vole wagtail walrus warbler weasel whale wolf wombat
    woodpecker wren yak zebra
    """
).split()


def random_name() -> str:
    """`adjective-animal`."""
    return f"{random.choice(ADJECTIVES)}-{random.choice(ANIMALS)}"
